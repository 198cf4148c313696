// SPDX-License-Identifier: Apache-2.0
// Source: Amazon S3 API Reference, GetObjectAttributes. Its ETag is the only one that S3 writes without quotes.
#include "services/s3/object_attributes.h"

#include <algorithm>
#include <set>

#include "services/s3/errors.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::string_view kAttributes[] = {"ETag", "Checksum", "ObjectParts", "StorageClass",
                                            "ObjectSize"};

aws::Outcome<std::set<std::string>> WantedOf(const Json& input) {
  std::set<std::string> wanted;
  if (const Json* list = input.Find("ObjectAttributes"); list != nullptr && list->is_array()) {
    for (const Json& name : list->AsArray()) {
      if (std::ranges::find(kAttributes, name.AsString()) == std::end(kAttributes))
        return InvalidArgumentError("Invalid attribute name specified.", "x-amz-object-attributes",
                                    name.AsString().substr(0, 200));
      wanted.insert(name.AsString());
    }
  }
  if (wanted.empty())
    return MakeError("InvalidRequest",
                     "The x-amz-object-attributes header specifying the attributes to be retrieved "
                     "is either missing or empty");
  return wanted;
}

// S3 lists parts only where each has a checksum that the object's is made of; of others it tells how many there are.
Json PartsOf(const objectstore::ObjectParts& object, int marker, int max_parts) {
  Json reply = Json::Object({{"TotalPartsCount", object.info.part_count}});
  if (object.info.checksum.type != "COMPOSITE") return reply;
  const bool is_truncated =
      max_parts > 0 && object.parts.size() > static_cast<std::size_t>(max_parts);
  int last = 0;
  Json list = Json::Array();
  for (const auto& part : object.parts) {
    if (list.size() == static_cast<std::size_t>(max_parts)) break;
    Json item = Json::Object({{"PartNumber", part.number}, {"Size", part.size}});
    AddChecksum(part.checksum, &item);
    list.Append(std::move(item));
    last = part.number;
  }
  reply["PartNumberMarker"] = std::to_string(marker);
  reply["NextPartNumberMarker"] = std::to_string(last);
  reply["MaxParts"] = max_parts;
  reply["IsTruncated"] = is_truncated;
  reply["Parts"] = std::move(list);
  return reply;
}

}  // namespace

aws::Outcome<Json> GetObjectAttributes(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(subject.key)) return *refused;
  if (const auto refused = CheckVersion(VersionOf(input))) return *refused;
  if (const auto refused = CheckPromises(input)) return *refused;
  ASSIGN_OR_RETURN(const auto wanted, WantedOf(input));
  ASSIGN_OR_RETURN(const int max_parts, PageSizeOf(input, "MaxParts", "max-parts"));
  ASSIGN_OR_RETURN(const int marker, PartNumberMarkerOf(input));
  const bool with_parts = wanted.contains("ObjectParts");
  ASSIGN_OR_RETURN(const auto object, Told(store.HeadParts(bucket.name, subject.key, marker,
                                                           with_parts ? max_parts + 1 : 0),
                                           subject));

  const objectstore::ObjectInfo& info = object.info;
  Json reply = Json::Object({{"LastModified", WholeSeconds(info.modified)}});
  if (wanted.contains("ETag")) reply["ETag"] = info.etag;
  if (wanted.contains("Checksum") && !info.checksum.algorithm.empty()) {
    Json checksum = Json::Object();
    // Without the count of parts, which it has everywhere else.
    AddChecksum({info.checksum.algorithm,
                 info.checksum.value.substr(0, info.checksum.value.find('-')), info.checksum.type},
                &checksum);
    reply["Checksum"] = std::move(checksum);
  }
  if (with_parts && info.part_count > 0) reply["ObjectParts"] = PartsOf(object, marker, max_parts);
  if (wanted.contains("StorageClass")) reply["StorageClass"] = info.metadata.storage_class;
  if (wanted.contains("ObjectSize")) reply["ObjectSize"] = info.size;
  return reply;
}

}  // namespace sagebrush::services::s3
