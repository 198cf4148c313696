// SPDX-License-Identifier: Apache-2.0
#include "services/s3/listing.h"

#include "services/s3/errors.h"
#include "services/s3/list_token.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

struct Listing {
  objectstore::ListPage page;
  Json reply;
  bool as_url = false;
};

// What both versions have in common. Where to start is theirs.
aws::Outcome<Listing> ListPageOf(objectstore::ObjectStore& store, const RequestContext& context,
                                 const Json& input, std::string start_after, bool with_owner) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  ASSIGN_OR_RETURN(const int max_keys, PageSizeOf(input, "MaxKeys", "maxKeys"));
  const std::string encoding = input.GetString("EncodingType");
  if (!encoding.empty() && encoding != "url")
    return InvalidArgumentError("Invalid Encoding Method specified in Request", "encoding-type",
                                encoding);
  objectstore::ListRequest request{input.GetString("Prefix"), input.GetString("Delimiter"),
                                   std::move(start_after), max_keys};

  Listing listing;
  listing.as_url = !encoding.empty();
  ASSIGN_OR_RETURN(listing.page, Told(store.List(bucket.name, request), SubjectOf(input)));
  Json& reply = listing.reply = Json::Object({{"IsTruncated", listing.page.truncated},
                                              {"Name", bucket.name},
                                              {"Prefix", Encoded(request.prefix, listing.as_url)},
                                              {"MaxKeys", max_keys}});
  if (!request.delimiter.empty()) reply["Delimiter"] = Encoded(request.delimiter, listing.as_url);
  if (listing.as_url) reply["EncodingType"] = encoding;
  Json contents = Json::Array();
  for (const auto& object : listing.page.objects) {
    Json item = Json::Object({{"Key", Encoded(object.key, listing.as_url)},
                              {"LastModified", ToEpochSeconds(object.modified)},
                              {"ETag", Quoted(object.etag)},
                              {"Size", object.size},
                              {"StorageClass", object.metadata.storage_class}});
    if (!object.checksum.algorithm.empty()) {
      item["ChecksumAlgorithm"] = Json::Array({object.checksum.algorithm});
      item["ChecksumType"] = object.checksum.type;
    }
    if (with_owner) item["Owner"] = OwnerOf(bucket.account);
    contents.Append(std::move(item));
  }
  reply["Contents"] = std::move(contents);
  Json prefixes = Json::Array();
  for (const auto& prefix : listing.page.common_prefixes)
    prefixes.Append(Json::Object({{"Prefix", Encoded(prefix, listing.as_url)}}));
  reply["CommonPrefixes"] = std::move(prefixes);
  return listing;
}

}  // namespace

aws::Outcome<Json> ListObjects(objectstore::ObjectStore& store, const RequestContext& context,
                               const Json& input) {
  const std::string marker = input.GetString("Marker");
  ASSIGN_OR_RETURN(Listing listing, ListPageOf(store, context, input, marker, true));
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
  if (input.Has("ContinuationToken") && token.empty())
    return InvalidArgumentError("The continuation token provided is incorrect",
                                "continuation-token", "");
  ASSIGN_OR_RETURN(std::string after, AfterToken(token));
  if (token.empty()) after = start_after;
  ASSIGN_OR_RETURN(Listing listing, ListPageOf(store, context, input, std::move(after),
                                               input.GetBool("FetchOwner")));
  listing.reply["KeyCount"] = listing.page.objects.size() + listing.page.common_prefixes.size();
  if (!token.empty()) listing.reply["ContinuationToken"] = token;
  if (!start_after.empty()) listing.reply["StartAfter"] = Encoded(start_after, listing.as_url);
  if (listing.page.truncated)
    listing.reply["NextContinuationToken"] = TokenAfter(listing.page.last);
  return std::move(listing.reply);
}

}  // namespace sagebrush::services::s3
