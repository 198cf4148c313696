// SPDX-License-Identifier: Apache-2.0
#include "services/s3/actions.h"

#include <string>

#include "base/check.h"
#include "services/s3/copy_source.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

std::string ObjectArn(std::string_view bucket, std::string_view key) {
  return BucketArn(bucket) + "/" + std::string(key);
}

enum class On { kAll, kBucket, kObject };

struct Row {
  std::string_view operation;
  std::string_view action;
  On on;
};
constexpr Row kRows[] = {
    {"AbortMultipartUpload", "s3:AbortMultipartUpload", On::kObject},
    {"CompleteMultipartUpload", "s3:PutObject", On::kObject},
    {"CreateBucket", "s3:CreateBucket", On::kBucket},
    {"CreateMultipartUpload", "s3:PutObject", On::kObject},
    {"DeleteBucket", "s3:DeleteBucket", On::kBucket},
    {"GetBucketLocation", "s3:GetBucketLocation", On::kBucket},
    {"GetBucketVersioning", "s3:GetBucketVersioning", On::kBucket},
    {"HeadBucket", "s3:ListBucket", On::kBucket},
    {"ListBuckets", "s3:ListAllMyBuckets", On::kAll},
    {"ListMultipartUploads", "s3:ListBucketMultipartUploads", On::kBucket},
    {"ListParts", "s3:ListMultipartUploadParts", On::kObject},
    {"PutObject", "s3:PutObject", On::kObject},
    {"UploadPart", "s3:PutObject", On::kObject},
};

std::vector<iam::Access> ListAccess(const std::string& action, const Json& input) {
  iam::Access access{action, BucketArn(input.GetString("Bucket")), {}};
  if (input.Has("Prefix")) access.context["s3:prefix"] = input.GetString("Prefix");
  if (input.Has("Delimiter")) access.context["s3:delimiter"] = input.GetString("Delimiter");
  if (input.Has("MaxKeys")) access.context["s3:max-keys"] = std::to_string(input.GetInt("MaxKeys"));
  return {access};
}

// Who names a version needs another permission than who takes the latest, the "null" version of a bucket without versions too:
// API Reference, GetObject, "Permissions".
std::string ReadAction(bool names_version) {
  return names_version ? "s3:GetObjectVersion" : "s3:GetObject";
}

std::vector<iam::Access> ReadAccess(const Json& input) {
  return {{ReadAction(input.Has("VersionId")),
           ObjectArn(input.GetString("Bucket"), input.GetString("Key")),
           {}}};
}

// Reading the source and writing the target. A source that names nothing is refused by the handler.
std::vector<iam::Access> CopyAccess(const Json& input) {
  std::vector<iam::Access> needed;
  if (const auto source = ParseCopySource(input.GetString("CopySource")))
    needed.push_back(
        {ReadAction(source->version.has_value()), ObjectArn(source->bucket, source->key), {}});
  needed.push_back(
      {"s3:PutObject", ObjectArn(input.GetString("Bucket"), input.GetString("Key")), {}});
  return needed;
}

std::vector<iam::Access> AttributesAccess(const Json& input) {
  const std::string object = ObjectArn(input.GetString("Bucket"), input.GetString("Key"));
  const bool names_version = input.Has("VersionId");
  return {{ReadAction(names_version), object, {}},
          {names_version ? "s3:GetObjectVersionAttributes" : "s3:GetObjectAttributes", object, {}}};
}

// Who asks whether an object still has that ETag learns something of it: User Guide, "How to perform conditional deletes".
void NeedDelete(const std::string& object, bool names_version, const std::string& etag,
                std::vector<iam::Access>* needed) {
  needed->push_back({names_version ? "s3:DeleteObjectVersion" : "s3:DeleteObject", object, {}});
  if (!etag.empty() && etag != "*") needed->push_back({"s3:GetObject", object, {}});
}

std::vector<iam::Access> DeleteAccess(const Json& input) {
  std::vector<iam::Access> needed;
  NeedDelete(ObjectArn(input.GetString("Bucket"), input.GetString("Key")), input.Has("VersionId"),
             input.GetString("IfMatch"), &needed);
  return needed;
}

std::vector<iam::Access> DeleteManyAccess(const Json& input) {
  std::vector<iam::Access> needed;
  const Json* wanted = input.Find("Delete");
  const Json* objects = wanted == nullptr ? nullptr : wanted->Find("Objects");
  if (objects != nullptr && objects->is_array())
    for (const Json& object : objects->AsArray())
      NeedDelete(ObjectArn(input.GetString("Bucket"), object.GetString("Key")),
                 object.Has("VersionId"), object.GetString("ETag"), &needed);
  // A request that lists nothing is refused by the handler; it must not pass for one that needs nothing.
  if (needed.empty())
    needed.push_back({"s3:DeleteObject", ObjectArn(input.GetString("Bucket"), "*"), {}});
  return needed;
}

}  // namespace

AccessRule RuleOf(std::string_view operation) {
  if (operation == "ListObjects" || operation == "ListObjectsV2")
    return
        [](const RequestContext&, const Json& input) { return ListAccess("s3:ListBucket", input); };
  if (operation == "ListObjectVersions")
    return [](const RequestContext&, const Json& input) {
      return ListAccess("s3:ListBucketVersions", input);
    };
  if (operation == "GetObject" || operation == "HeadObject")
    return [](const RequestContext&, const Json& input) { return ReadAccess(input); };
  if (operation == "CopyObject" || operation == "UploadPartCopy")
    return [](const RequestContext&, const Json& input) { return CopyAccess(input); };
  if (operation == "GetObjectAttributes")
    return [](const RequestContext&, const Json& input) { return AttributesAccess(input); };
  if (operation == "DeleteObject")
    return [](const RequestContext&, const Json& input) { return DeleteAccess(input); };
  if (operation == "DeleteObjects")
    return [](const RequestContext&, const Json& input) { return DeleteManyAccess(input); };
  for (const Row& row : kRows) {
    if (row.operation != operation) continue;
    return Allow(std::string(row.action), [on = row.on](const RequestContext&, const Json& input) {
      if (on == On::kAll) return std::string("*");
      const std::string bucket = input.GetString("Bucket");
      return on == On::kBucket ? BucketArn(bucket) : ObjectArn(bucket, input.GetString("Key"));
    });
  }
  SAGEBRUSH_CHECK(false, "an S3 operation has no row in the actions table");
  return {};
}

}  // namespace sagebrush::services::s3
