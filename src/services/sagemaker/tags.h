// SPDX-License-Identifier: Apache-2.0
// Tags: AddTags, ListTags, DeleteTags by a resource's ARN, and the tags that a Create brings. They are kept in the resource's
// own record, so they come and go with it. Any thread.
#pragma once

#include <map>
#include <string>

#include "services/sagemaker/dependencies.h"
#include "services/sagemaker/resource_type.h"
#include "services/service.h"

namespace sagebrush::services::sagemaker {

using TagMap = std::map<std::string, std::string>;

TagMap TagsOf(const metastore::Record& record);
void SetTags(metastore::Record* record, const TagMap& tags);
// `old` with the list `added` ([{Key, Value}]); refused for a key twice, a key that AWS keeps for itself, or more than 50.
aws::Outcome<TagMap> MergedTags(TagMap old, const Json& added);

struct TaggedResource {
  const ResourceType* type;
  metastore::Key key;
};
// What an ARN names, whether or not it is there; refused if it can be none of the caller's. The name is as it was written.
aws::Outcome<TaggedResource> ReadArn(const RequestContext& context, const std::string& arn);
// The resource behind an ARN. A name in an ARN is in lower case, so the key's name may differ from it by that.
aws::Outcome<TaggedResource> FindByArn(metastore::RecordStore& records,
                                       const RequestContext& context, const std::string& arn);

class Tags {
 public:
  explicit Tags(const Dependencies& dependencies) : deps_(dependencies) {}

  aws::Outcome<Json> Add(const RequestContext& context, const Json& input);
  aws::Outcome<Json> List(const RequestContext& context, const Json& input);
  aws::Outcome<Json> Delete(const RequestContext& context, const Json& input);

 private:
  const Dependencies deps_;
};

}  // namespace sagebrush::services::sagemaker
