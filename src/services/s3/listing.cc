// SPDX-License-Identifier: Apache-2.0
#include "services/s3/listing.h"

#include "services/s3/errors.h"
#include "services/s3/list_token.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::string_view kOnlyVersion = "null";  // of every object: buckets are not versioned

struct Listing {
  objectstore::Bucket bucket;
  objectstore::ListPage page;
  Json reply;  // all but the objects
  bool as_url = false;
};

// What all kinds of lists have in common. Where to start is theirs.
aws::Outcome<Listing> ListPageOf(objectstore::ObjectStore& store, const RequestContext& context,
                                 const Json& input, std::string start_after) {
  Listing listing;
  ASSIGN_OR_RETURN(listing.bucket, OpenBucket(store, context, input));
  ASSIGN_OR_RETURN(const int max_keys, PageSizeOf(input, "MaxKeys", "maxKeys"));
  ASSIGN_OR_RETURN(listing.as_url, WantsUrlEncoding(input));
  objectstore::ListRequest request{input.GetString("Prefix"), input.GetString("Delimiter"),
                                   std::move(start_after), max_keys};
  ASSIGN_OR_RETURN(listing.page, Told(store.List(listing.bucket.name, request), SubjectOf(input)));
  Json& reply = listing.reply = Json::Object({{"IsTruncated", listing.page.truncated},
                                              {"Name", listing.bucket.name},
                                              {"Prefix", Encoded(request.prefix, listing.as_url)},
                                              {"MaxKeys", max_keys}});
  if (!request.delimiter.empty()) reply["Delimiter"] = Encoded(request.delimiter, listing.as_url);
  if (listing.as_url) reply["EncodingType"] = "url";
  Json prefixes = Json::Array();
  for (const auto& prefix : listing.page.common_prefixes)
    prefixes.Append(Json::Object({{"Prefix", Encoded(prefix, listing.as_url)}}));
  reply["CommonPrefixes"] = std::move(prefixes);
  return listing;
}

Json ObjectsOf(const Listing& listing, bool with_owner) {
  Json objects = Json::Array();
  for (const auto& object : listing.page.objects) {
    Json item = Json::Object({{"Key", Encoded(object.key, listing.as_url)},
                              {"LastModified", WholeSeconds(object.modified)},
                              {"ETag", Quoted(object.etag)},
                              {"Size", object.size},
                              {"StorageClass", object.metadata.storage_class}});
    if (!object.checksum.algorithm.empty()) {
      item["ChecksumAlgorithm"] = Json::Array({object.checksum.algorithm});
      item["ChecksumType"] = object.checksum.type;
    }
    if (with_owner) item["Owner"] = OwnerOf(listing.bucket.account);
    objects.Append(std::move(item));
  }
  return objects;
}

// Which of two wrong arguments S3 names first is as recorded from it: the pair of markers, an empty
// version, one that is none, and only then the encoding.
std::optional<aws::Error> CheckVersionMarker(const Json& input) {
  if (!input.Has("VersionIdMarker")) return std::nullopt;
  const std::string version = input.GetString("VersionIdMarker");
  const auto refuse = [&](std::string why) {
    return InvalidArgumentError(std::move(why), "version-id-marker", version.substr(0, 200));
  };
  if (input.GetString("KeyMarker").empty())
    return refuse("A version-id marker cannot be specified without a key marker.");
  if (version.empty()) return refuse("A version-id marker cannot be empty.");
  if (version != kOnlyVersion) return refuse("Invalid version id specified");
  return std::nullopt;
}

}  // namespace

aws::Outcome<Json> ListObjects(objectstore::ObjectStore& store, const RequestContext& context,
                               const Json& input) {
  const std::string marker = input.GetString("Marker");
  ASSIGN_OR_RETURN(Listing listing, ListPageOf(store, context, input, PastPrefix(marker, input)));
  listing.reply["Contents"] = ObjectsOf(listing, true);
  listing.reply["Marker"] = Encoded(marker, listing.as_url);
  // Without a delimiter clients go on from the last key themselves, and S3 does not repeat it.
  if (listing.page.truncated && !input.GetString("Delimiter").empty())
    listing.reply["NextMarker"] = Encoded(listing.page.last, listing.as_url);
  return std::move(listing.reply);
}

aws::Outcome<Json> ListObjectsV2(objectstore::ObjectStore& store, const RequestContext& context,
                                 const Json& input) {
  const std::string token = input.GetString("ContinuationToken"),
                    start_after = input.GetString("StartAfter");
  if (input.Has("ContinuationToken") && token.empty()) return WrongToken();
  ASSIGN_OR_RETURN(std::string after, AfterToken(token));
  if (token.empty()) after = start_after;
  ASSIGN_OR_RETURN(Listing listing, ListPageOf(store, context, input, std::move(after)));
  listing.reply["Contents"] = ObjectsOf(listing, input.GetBool("FetchOwner"));
  listing.reply["KeyCount"] = listing.page.objects.size() + listing.page.common_prefixes.size();
  if (!token.empty()) listing.reply["ContinuationToken"] = token;
  if (token.empty() && !start_after.empty())
    listing.reply["StartAfter"] = Encoded(start_after, listing.as_url);
  if (listing.page.truncated)
    listing.reply["NextContinuationToken"] = TokenAfter(listing.page.last);
  return std::move(listing.reply);
}

aws::Outcome<Json> ListObjectVersions(objectstore::ObjectStore& store,
                                      const RequestContext& context, const Json& input) {
  if (const auto refused = CheckVersionMarker(input)) return *refused;
  // A key has one version, so that what follows it is what follows the key.
  const std::string marker = input.GetString("KeyMarker");
  ASSIGN_OR_RETURN(Listing listing, ListPageOf(store, context, input, PastPrefix(marker, input)));
  Json& reply = listing.reply;
  Json versions = ObjectsOf(listing, true);
  for (Json& version : versions.AsArray()) {
    version["VersionId"] = kOnlyVersion;
    version["IsLatest"] = true;
  }
  reply["Versions"] = std::move(versions);
  reply["KeyMarker"] = Encoded(marker, listing.as_url);
  reply["VersionIdMarker"] = input.GetString("VersionIdMarker");
  const objectstore::ListPage& page = listing.page;
  if (page.truncated) {
    reply["NextKeyMarker"] = Encoded(page.last, listing.as_url);
    if (!page.objects.empty() && page.objects.back().key == page.last)
      reply["NextVersionIdMarker"] = kOnlyVersion;
  }
  return std::move(reply);
}

}  // namespace sagebrush::services::s3
