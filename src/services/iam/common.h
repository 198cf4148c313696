// SPDX-License-Identifier: Apache-2.0
// What IAM's resources share: its errors, its paging by Marker and MaxItems, and changing a role's
// record. Any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/error.h"
#include "base/json.h"
#include "iam/roles.h"
#include "services/context.h"

namespace sagebrush::services::iam_api {

aws::Error NoSuchEntity(std::string message);
aws::Error InvalidInput(std::string message);
aws::Error LimitExceeded(std::string message);

// The role of that name, or NoSuchEntity in AWS's words.
aws::Outcome<iam::Role> FindRole(iam::Roles& roles, const RequestContext& context,
                                 const Json& input);

// Reads the role, lets `change` alter it, and writes it back; again if another call was quicker. An
// Error of `change` ends it.
aws::Outcome<Json> ChangeRole(iam::Roles& roles, const RequestContext& context, const Json& input,
                              const std::function<std::optional<aws::Error>(iam::Role&)>& change);

// One page of a list, as `member` with IsTruncated and Marker. `items` are sorted by the text in
// front, where a marker points.
aws::Outcome<Json> Page(std::vector<std::pair<std::string, Json>> items, std::string_view member,
                        const Json& input);

// Policies leave IAM percent-encoded (RFC 3986), and clients decode them.
std::string EncodedDocument(std::string_view text);

// A parsed document's error as MalformedPolicyDocument.
std::optional<aws::Error> CheckDocument(const Result<Json>& parsed);

// What IAM counts of a document against a quota: white space is free.
std::size_t CountedBytes(std::string_view document);

// ValidationError for what is no ARN, before anything of that name is looked for.
std::optional<aws::Error> CheckPolicyArn(const std::string& arn);

// Adds tags of a request. A key is one whatever its case, and keeps the letters that came last.
void EraseTag(std::string_view key, std::map<std::string, std::string>* from);
std::optional<aws::Error> AddTags(const Json* tags, std::map<std::string, std::string>* to);
Json ToTagList(const std::map<std::string, std::string>& tags);

}  // namespace sagebrush::services::iam_api
