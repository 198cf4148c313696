// SPDX-License-Identifier: Apache-2.0
#include "services/s3/object_write.h"

#include <algorithm>

#include "base/hash.h"
#include "objectstore/checksum.h"
#include "services/s3/errors.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::size_t kBuffer = 256 << 10;
constexpr std::size_t kMaxDeletes = 1000;

// Names the first condition that fails, in S3's order.
std::optional<aws::Error> CheckSource(const objectstore::Conditions& conditions,
                                      const objectstore::ObjectInfo& source) {
  const auto fails = [&](const objectstore::Conditions& some) {
    return objectstore::Evaluate(some, &source, true) != objectstore::ConditionOutcome::kProceed;
  };
  if (!fails(conditions)) return std::nullopt;
  const bool is_first_pair = fails(
      {.if_match = conditions.if_match, .if_unmodified_since = conditions.if_unmodified_since});
  aws::Error error = MakeError("PreconditionFailed");
  error.extra["Condition"] =
      is_first_pair ? (conditions.if_match ? "x-amz-copy-source-If-Match"
                                           : "x-amz-copy-source-If-Unmodified-Since")
                    : (conditions.if_none_match ? "x-amz-copy-source-If-None-Match"
                                                : "x-amz-copy-source-If-Modified-Since");
  return error;
}

// S3 refuses a copy onto itself that would change nothing.
bool ChangesNothing(const Json& input, const CopySource& source, bool replaces_metadata) {
  return source.bucket == input.GetString("Bucket") && source.key == input.GetString("Key") &&
         !replaces_metadata && !input.Has("StorageClass") &&
         !input.Has("WebsiteRedirectLocation") && !input.Has("ServerSideEncryption");
}

// Of buckets with Object Lock, which there are none of; S3 does not look at the value.
std::optional<aws::Error> CheckBypass(const Json& input) {
  if (!input.Has("BypassGovernanceRetention")) return std::nullopt;
  return aws::Error{
      "InvalidArgument",
      "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.", 400,
      Json::Object({{"ArgumentName", "x-amz-bypass-governance-retention"}})};
}

// Conditions that S3 has for directory buckets only; there are none here.
struct Named {
  const char* member;
  const char* header;
};
std::optional<aws::Error> CheckDirectoryConditions(const Json& input,
                                                   std::initializer_list<Named> conditions) {
  for (const Named& condition : conditions)
    if (input.Has(condition.member)) return aws::NotImplementedHeader(condition.header);
  return std::nullopt;
}

// The metadata of the target: the source's, or the request's under MetadataDirective REPLACE.
aws::Outcome<objectstore::ObjectMetadata> TargetMetadata(const Json& input,
                                                         const objectstore::ObjectInfo& source,
                                                         bool replaces_metadata) {
  if (replaces_metadata) return MetadataOf(input);
  objectstore::ObjectMetadata metadata = source.metadata;
  // Not taken over: API Reference, CopyObject.
  ASSIGN_OR_RETURN(metadata.storage_class, StorageClassOf(input));
  return metadata;
}

}  // namespace

aws::Outcome<std::monostate> PutObject(objectstore::ObjectStore& store,
                                       const SecretLookup& secret_of, const RequestContext& context,
                                       const Json& input, http::Exchange& exchange) {
  const Subject subject = SubjectOf(input);
  // All that can be refused is refused before the body is asked for.
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(subject.key)) return *refused;
  if (const auto refused = CheckPromises(input)) return *refused;
  ASSIGN_OR_RETURN(const auto conditions, WriteConditionsOf(input));
  ASSIGN_OR_RETURN(const auto metadata, MetadataOf(input));

  ASSIGN_OR_RETURN(auto upload, Told(store.NewUpload(), subject));
  ASSIGN_OR_RETURN(const auto checksum,
                   Receive(exchange, input, secret_of, objectstore::kDefaultChecksum, *upload));
  ASSIGN_OR_RETURN(const auto info, ToldWrite(store.Put(bucket.name, subject.key, std::move(upload),
                                                        metadata, checksum, conditions),
                                              subject, conditions));
  Json reply = Json::Object({{"ETag", Quoted(info.etag)}});
  AddChecksum(info.checksum, &reply);
  return Respond(exchange, context, "PutObject", reply);
}

aws::Outcome<OpenSource> OpenCopySource(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input) {
  const auto name = ParseCopySource(input.GetString("CopySource"));
  if (!name)
    return InvalidArgumentError("Invalid copy source object key", "x-amz-copy-source",
                                "x-amz-copy-source");
  if (const auto refused = CheckVersion(name->version)) return *refused;
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, name->bucket,
                                                 input.GetString("ExpectedSourceBucketOwner")));
  OpenSource source{*name, nullptr};
  ASSIGN_OR_RETURN(source.reader,
                   Told(store.Get(bucket.name, name->key), {name->bucket, name->key, ""}));
  if (const auto failed =
          CheckSource(ConditionsOf(input, context.now, "CopySource"), source.reader->info()))
    return *failed;
  return source;
}

aws::Outcome<objectstore::Checksum> CopyBytes(objectstore::ObjectReader& reader,
                                              std::uint64_t offset, std::uint64_t length,
                                              std::string_view algorithm,
                                              objectstore::Upload& upload) {
  auto hasher = objectstore::ChecksumHasher::For(algorithm);
  std::vector<char> buffer(kBuffer);
  while (length > 0) {
    ASSIGN_OR_RETURN(
        const std::size_t count,
        reader.Read(offset, buffer.data(),
                    static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), length))));
    if (count == 0) return DataLoss("the source object ends early");
    const std::string_view data(buffer.data(), count);
    if (hasher) hasher->Update(data);
    if (const Status appended = upload.Append(data); !appended.ok()) return appended;
    offset += count;
    length -= count;
  }
  if (!hasher) return objectstore::Checksum{};
  return objectstore::Checksum{std::string(hasher->algorithm()), Base64Encode(hasher->Finish()),
                               "FULL_OBJECT"};
}

aws::Outcome<Json> CopyObject(objectstore::ObjectStore& store, const RequestContext& context,
                              const Json& input) {
  const Subject subject = SubjectOf(input);
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(subject.key)) return *refused;
  if (const auto refused = CheckPromises(input)) return *refused;
  const std::string directive = input.GetString("MetadataDirective", "COPY");
  if (directive != "COPY" && directive != "REPLACE")
    return InvalidArgumentError("Unknown metadata directive.", "x-amz-metadata-directive",
                                directive);
  ASSIGN_OR_RETURN(const auto conditions, WriteConditionsOf(input));
  ASSIGN_OR_RETURN(const OpenSource source, OpenCopySource(store, context, input));
  const bool replaces = directive == "REPLACE";
  if (ChangesNothing(input, source.name, replaces))
    return MakeError(
        "InvalidRequest",
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the "
        "object's metadata, storage class, website redirect location or encryption attributes.");
  const objectstore::ObjectInfo& from = source.reader->info();
  if (from.size > kMaxPut)
    return MakeError(
        "InvalidRequest",
        "The specified copy source is larger than the maximum allowable size for a copy source: " +
            std::to_string(kMaxPut));
  ASSIGN_OR_RETURN(const auto metadata, TargetMetadata(input, from, replaces));

  objectstore::ObjectInfo made;
  const std::string algorithm = input.GetString("ChecksumAlgorithm", from.checksum.algorithm);
  if (algorithm == from.checksum.algorithm) {
    // What was just looked at is what is copied, or nothing.
    const objectstore::Conditions same{.if_match = from.etag};
    ASSIGN_OR_RETURN(made, ToldWrite(store.Copy(source.name.bucket, source.name.key, bucket.name,
                                                subject.key, metadata, same, conditions),
                                     subject, conditions));
  } else {  // another checksum has to be computed, so the bytes are read anyway
    if (objectstore::ChecksumBytes(algorithm) == 0)
      return aws::NotImplementedHeader("x-amz-checksum-algorithm");
    ASSIGN_OR_RETURN(auto upload, Told(store.NewUpload(), subject));
    ASSIGN_OR_RETURN(const auto checksum,
                     CopyBytes(*source.reader, 0, from.size, algorithm, *upload));
    ASSIGN_OR_RETURN(made, ToldWrite(store.Put(bucket.name, subject.key, std::move(upload),
                                               metadata, checksum, conditions),
                                     subject, conditions));
  }
  Json result =
      Json::Object({{"ETag", Quoted(made.etag)}, {"LastModified", WholeSeconds(made.modified)}});
  AddChecksum(made.checksum, &result);
  return Json::Object({{"CopyObjectResult", std::move(result)}});
}

aws::Outcome<Json> DeleteObject(objectstore::ObjectStore& store, const RequestContext& context,
                                const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(input.GetString("Key"))) return *refused;
  if (const auto refused = CheckVersion(VersionOf(input))) return *refused;
  if (const auto refused = CheckBypass(input)) return *refused;
  if (const auto refused = CheckDirectoryConditions(
          input, {{"IfMatchLastModifiedTime", "x-amz-if-match-last-modified-time"},
                  {"IfMatchSize", "x-amz-if-match-size"}}))
    return *refused;
  // Of an absent key S3 says NoSuchKey where If-Match was sent, "*" too: User Guide, "How to perform conditional deletes",
  // and github.com/orgs/rustfs/discussions/2602.
  const objectstore::Conditions conditions{.if_match = EtagOf(input, "IfMatch")};
  const Status deleted = store.Delete(bucket.name, input.GetString("Key"), conditions.if_match);
  if (!deleted.ok()) return WithCondition(ErrorOf(deleted, SubjectOf(input)), conditions);
  return Json::Object();
}

aws::Outcome<Json> DeleteObjects(objectstore::ObjectStore& store, const RequestContext& context,
                                 const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckBypass(input)) return *refused;
  const Json* wanted = input.Find("Delete");
  const Json* objects = wanted == nullptr ? nullptr : wanted->Find("Objects");
  if (objects == nullptr || !objects->is_array() || objects->size() == 0 ||
      objects->size() > kMaxDeletes)
    return MakeError("MalformedXML");
  std::vector<objectstore::Deletion> deletions;
  std::vector<const Json*> requested;  // of each deletion
  Json deleted = Json::Array(), errors = Json::Array();
  const auto told = [](const Json& object) {
    Json item = Json::Object({{"Key", object.GetString("Key")}});
    if (const auto version = VersionOf(object)) item["VersionId"] = *version;
    return item;
  };
  const auto refuse = [&](const Json& object, const aws::Error& why) {
    Json item = told(object);
    item["Code"] = why.code;
    item["Message"] = why.message;
    errors.Append(std::move(item));
  };
  for (const Json& object : objects->AsArray()) {
    const std::string key = object.GetString("Key");
    std::optional<aws::Error> refused = CheckKey(key);
    // Each object's error here, where the operation on one object says InvalidArgument.
    if (!refused && CheckVersion(VersionOf(object))) refused = MakeError("NoSuchVersion");
    if (!refused && key.empty())
      refused = MakeError("UserKeyMustBeSpecified", "User key must be specified.");
    if (!refused)
      refused = CheckDirectoryConditions(
          object, {{"LastModifiedTime", "LastModifiedTime"}, {"Size", "Size"}});
    if (refused) {
      refuse(object, *refused);
      continue;
    }
    deletions.push_back({key, EtagOf(object, "ETag")});
    requested.push_back(&object);
  }
  const auto outcomes = store.DeleteMany(bucket.name, deletions);
  if (!outcomes.ok()) return ErrorOf(outcomes.status(), SubjectOf(input));
  for (std::size_t i = 0; i < deletions.size(); ++i) {
    if (const Status& outcome = (*outcomes)[i]; !outcome.ok())
      refuse(*requested[i], ErrorOf(outcome, {bucket.name, deletions[i].key, ""}));
    else if (!wanted->GetBool("Quiet"))
      deleted.Append(told(*requested[i]));
  }
  Json reply = Json::Object({{"Deleted", std::move(deleted)}});
  if (errors.size() > 0) reply["Errors"] = std::move(errors);
  return reply;
}

}  // namespace sagebrush::services::s3
