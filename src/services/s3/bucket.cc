// SPDX-License-Identifier: Apache-2.0
#include "services/s3/bucket.h"

#include <algorithm>

#include "aws_models/services.h"
#include "base/strings.h"
#include "services/s3/errors.h"
#include "services/s3/list_token.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::string_view kUsEast1 = "us-east-1";
constexpr int kMaxBuckets = 10'000;

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool LooksLikeAnAddress(std::string_view name) {
  const auto parts = Split(name, '.');
  return parts.size() == 4 && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return ParseUint(part).has_value();
         });
}

// Whether S3 is there; "EU" is a name of one.
bool IsRegion(std::string_view name) {
  const auto* configuration =
      aws::S3Model().FindOperation("CreateBucket")->input->Find("CreateBucketConfiguration");
  const auto known = configuration->shape->Find("LocationConstraint")->shape->enum_values;
  return name == kUsEast1 || std::find(known.begin(), known.end(), name) != known.end();
}

// Where the bucket shall be: the LocationConstraint, which must be the endpoint's region. us-east-1 is special: it takes
// requests for all regions, and has no constraint's name of its own.
aws::Outcome<std::string> RegionOf(const RequestContext& context, const Json& input) {
  const Json* configuration = input.Find("CreateBucketConfiguration");
  const std::string wanted =
      configuration == nullptr ? "" : configuration->GetString("LocationConstraint");
  const std::string region = wanted == "EU" ? "eu-west-1" : wanted;  // its name until 2009
  if (context.region == kUsEast1) {
    if (wanted.empty()) return std::string(kUsEast1);
    if (wanted != kUsEast1 && IsRegion(wanted)) return region;
    aws::Error error = MakeError("InvalidLocationConstraint");
    error.extra["LocationConstraint"] = wanted.substr(0, 200);
    return error;
  }
  if (region == context.region) return region;
  return MakeError("IllegalLocationConstraintException",
                   "The " + (wanted.empty() ? std::string("unspecified") : wanted) +
                       " location constraint is incompatible for the region specific endpoint this "
                       "request was sent to.");
}

}  // namespace

bool IsValidBucketName(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  if (!IsLetterOrDigit(name.front()) || !IsLetterOrDigit(name.back())) return false;
  for (const char c : name)
    if (!IsLetterOrDigit(c) && c != '-' && c != '.' && c != '_') return false;
  return name.find("..") == std::string_view::npos && !LooksLikeAnAddress(name);
}

aws::Outcome<Json> CreateBucket(objectstore::ObjectStore& store, const RequestContext& context,
                                const Json& input) {
  const Subject subject = SubjectOf(input);
  if (!IsValidBucketName(subject.bucket)) return MakeError("InvalidBucketName", subject);
  if (const auto refused = CheckPromises(input)) return *refused;
  if (input.GetBool("ObjectLockEnabledForBucket"))
    return aws::NotImplementedHeader("x-amz-bucket-object-lock-enabled");
  ASSIGN_OR_RETURN(const std::string region, RegionOf(context, input));
  if (const Json* configuration = input.Find("CreateBucketConfiguration");
      configuration != nullptr && configuration->Has("Tags") &&
      configuration->Find("Tags")->size() > 0)
    return MakeError("NotImplemented",
                     "This server keeps no tags of buckets: create it without Tags.");
  const Json reply =
      Json::Object({{"Location", "/" + subject.bucket}, {"BucketArn", BucketArn(subject.bucket)}});
  const Status created = store.CreateBucket({subject.bucket, context.account, region, context.now});
  if (created.ok()) return reply;
  if (created.code() != Code::kAlreadyExists) return ErrorOf(created, subject);
  ASSIGN_OR_RETURN(const auto existing, Told(store.GetBucket(subject.bucket), subject));
  if (existing.account != context.account) return MakeError("BucketAlreadyExists", subject);
  // "In all Regions except us-east-1": API Reference, CreateBucket, BucketAlreadyOwnedByYou.
  if (existing.region == kUsEast1 && context.region == kUsEast1) return reply;
  return MakeError("BucketAlreadyOwnedByYou", subject);
}

aws::Outcome<Json> HeadBucket(objectstore::ObjectStore& store, const RequestContext& context,
                              const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  return Json::Object({{"BucketRegion", bucket.region},
                       {"BucketArn", BucketArn(bucket.name)},
                       {"AccessPointAlias", false}});
}

aws::Outcome<Json> ListBuckets(objectstore::ObjectStore& store, const RequestContext& context,
                               const Json& input) {
  const std::int64_t limit = input.GetInt("MaxBuckets", kMaxBuckets);
  if (limit < 1 || limit > kMaxBuckets)
    return InvalidArgumentError("Argument max-buckets must be an integer between 1 and 10000",
                                "max-buckets", std::to_string(limit));
  if (input.Has("BucketRegion") && !IsRegion(input.GetString("BucketRegion")))
    return aws::Error{"InvalidArgument",
                      "Argument value " + input.GetString("BucketRegion").substr(0, 200) +
                          " is not a valid AWS Region",
                      400, Json::Object({{"ArgumentName", "bucket-region"}})};
  ASSIGN_OR_RETURN(const std::string after, AfterToken(input.GetString("ContinuationToken")));
  ASSIGN_OR_RETURN(const auto buckets, Told(store.ListBuckets(context.account), {}));
  const std::string prefix = input.GetString("Prefix"), region = input.GetString("BucketRegion");
  const bool is_paged = input.Has("MaxBuckets") || input.Has("BucketRegion") || input.Has("Prefix");

  Json list = Json::Array();
  Json reply = Json::Object({{"Buckets", Json()}, {"Owner", OwnerOf(context.account)}});
  std::string last;
  for (const auto& bucket : buckets) {
    if (bucket.name <= after || !bucket.name.starts_with(prefix) ||
        (!region.empty() && bucket.region != region))
      continue;
    if (list.size() == static_cast<std::size_t>(limit)) {
      reply["ContinuationToken"] = TokenAfter(last);
      break;
    }
    Json item =
        Json::Object({{"Name", bucket.name}, {"CreationDate", WholeSeconds(bucket.created)}});
    if (is_paged) {
      item["BucketRegion"] = bucket.region;
      item["BucketArn"] = BucketArn(bucket.name);
    }
    list.Append(std::move(item));
    last = bucket.name;
  }
  reply["Buckets"] = std::move(list);
  if (!prefix.empty()) reply["Prefix"] = prefix;
  return reply;
}

aws::Outcome<Json> DeleteBucket(objectstore::ObjectStore& store, const RequestContext& context,
                                const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  const Status deleted = store.DeleteBucket(bucket.name);
  if (!deleted.ok()) return ErrorOf(deleted, SubjectOf(input));
  return Json::Object();
}

aws::Outcome<Json> GetBucketLocation(objectstore::ObjectStore& store, const RequestContext& context,
                                     const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (bucket.region == kUsEast1) return Json::Object();
  return Json::Object({{"LocationConstraint", bucket.region}});
}

aws::Outcome<Json> GetBucketVersioning(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  return Json::Object();  // no Status: versioning was never enabled
}

}  // namespace sagebrush::services::s3
