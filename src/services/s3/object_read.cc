// SPDX-License-Identifier: Apache-2.0
#include "services/s3/object_read.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "services/s3/errors.h"
#include "services/s3/range.h"
#include "services/s3/request.h"

namespace sagebrush::services::s3 {

namespace {

constexpr std::size_t kBuffer = 256 << 10;
constexpr std::int64_t kMaxPartNumber = 10'000;

// What a read answers with, before any byte of the object.
struct Answer {
  int status = 200;
  ByteRange range;
  Json document = {};  // GetObjectOutput's members, which are HeadObjectOutput's too
  objectstore::Checksum checksum =
      {};  // of the bytes in the range; none for a piece, which SDKs would hold against it
};

// The object's own headers, with what the request overrides.
Json DocumentOf(const objectstore::ObjectInfo& info, const Json& input) {
  const objectstore::ObjectMetadata& metadata = info.metadata;
  Json document = Json::Object(
      {{"AcceptRanges", "bytes"},
       {"LastModified", WholeSeconds(info.modified)},
       {"ETag", Quoted(info.etag)},
       {"ContentType", input.GetString("ResponseContentType", metadata.content_type)}});
  const auto add = [&](const char* member, const std::string& stored) {
    const std::string value = input.GetString(std::string("Response") + member, stored);
    if (!value.empty()) document[member] = value;
  };
  add("CacheControl", metadata.cache_control);
  add("ContentDisposition", metadata.content_disposition);
  add("ContentEncoding", metadata.content_encoding);
  add("ContentLanguage", metadata.content_language);
  add("Expires", metadata.expires);
  if (const Json* expires = input.Find("ResponseExpires"); expires != nullptr)
    document["Expires"] = FormatHttpDate(FromEpochSeconds(expires->AsDouble()));
  if (metadata.storage_class != "STANDARD")
    document["StorageClass"] = metadata.storage_class;  // as S3 has it
  Json user = Json::Object();
  for (const auto& [name, value] : metadata.user) user[name] = value;
  if (!metadata.user.empty()) document["Metadata"] = std::move(user);
  return document;
}

// `part`: where that part lies, if there is one.
aws::Outcome<Answer> AnswerPart(const objectstore::ObjectInfo& info, std::int64_t number,
                                const std::optional<objectstore::ObjectReader::PartRange>& part) {
  if (!part) {
    aws::Error error = MakeError("InvalidPartNumber");
    error.http_status = 416;
    error.extra = Json::Object(
        {{"ActualPartCount", std::max(1, info.part_count)}, {"PartNumberRequested", number}});
    return error;
  }
  Answer bytes{.status = info.size == 0 ? 200 : 206, .range = {part->offset, part->length}};
  // Parts of an object whose checksum is that of all its bytes have none of their own.
  if (info.checksum.type == "COMPOSITE")
    bytes.checksum = part->checksum;
  else if (part->length == info.size)
    bytes.checksum = info.checksum;
  return bytes;
}

aws::Outcome<Answer> AnswerBytes(const objectstore::ObjectInfo& info, const std::string& header) {
  const RangeAnswer answer = AnswerRange(header, info.size);
  if (answer.kind == RangeAnswer::Kind::kUnsatisfiable) {
    aws::Error error = MakeError("InvalidRange");
    error.extra =
        Json::Object({{"RangeRequested", header}, {"ActualObjectSize", std::to_string(info.size)}});
    return error;
  }
  Answer bytes{.status = answer.kind == RangeAnswer::Kind::kPart ? 206 : 200,
               .range = answer.range};
  if (answer.range.length == info.size) bytes.checksum = info.checksum;
  return bytes;
}

// A 304, or what is refused, or nothing when the read may go on.
std::optional<aws::Error> FailedCondition(const Json& input, TimePoint now,
                                          const objectstore::ObjectInfo& info,
                                          bool* is_not_modified) {
  const objectstore::Conditions conditions = ConditionsOf(input, now);
  switch (objectstore::Evaluate(conditions, &info, false)) {
    case objectstore::ConditionOutcome::kProceed:
      return std::nullopt;
    case objectstore::ConditionOutcome::kNotModified:
      *is_not_modified = true;
      return std::nullopt;
    case objectstore::ConditionOutcome::kPreconditionFailed:
      break;
  }
  aws::Error error = MakeError("PreconditionFailed");
  error.extra["Condition"] = conditions.if_match ? "If-Match" : "If-Unmodified-Since";
  return error;
}

// `reader` is there if the request names a part.
aws::Outcome<Answer> AnswerOf(const objectstore::ObjectInfo& info,
                              objectstore::ObjectReader* reader, const Json& input, TimePoint now) {
  bool is_not_modified = false;
  if (const auto failed = FailedCondition(input, now, info, &is_not_modified)) return *failed;
  Answer answer;
  if (is_not_modified) {
    answer.status = 304;
    answer.document =
        Json::Object({{"LastModified", WholeSeconds(info.modified)}, {"ETag", Quoted(info.etag)}});
    return answer;
  }
  const std::string range = input.GetString("Range");
  const std::int64_t part = input.GetInt("PartNumber");
  if (input.Has("PartNumber") && !range.empty())
    return MakeError("InvalidRequest",
                     "Cannot specify both Range header and partNumber query parameter");
  if (input.Has("PartNumber")) {
    const bool could_be = part >= 1 && part <= kMaxPartNumber;
    ASSIGN_OR_RETURN(
        answer,
        AnswerPart(info, part, could_be ? reader->Part(static_cast<int>(part)) : std::nullopt));
  } else {
    ASSIGN_OR_RETURN(answer, AnswerBytes(info, range));
  }
  answer.document = DocumentOf(info, input);
  if (answer.status == 206) answer.document["ContentRange"] = ContentRange(answer.range, info.size);
  if (input.Has("PartNumber") && info.part_count > 0)
    answer.document["PartsCount"] = info.part_count;
  if (EqualsIgnoreCase(input.GetString("ChecksumMode"), "ENABLED"))
    AddChecksum(answer.checksum, &answer.document);
  return answer;
}

// The bucket's name, if the request may be answered at all.
aws::Outcome<std::string> CheckRequest(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input) {
  ASSIGN_OR_RETURN(const auto bucket, OpenBucket(store, context, input));
  if (const auto refused = CheckKey(input.GetString("Key"))) return *refused;
  if (const auto refused = CheckVersion(VersionOf(input))) return *refused;
  if (const auto refused = CheckPromises(input)) return *refused;
  return bucket.name;
}

Status SendBytes(objectstore::ObjectReader& reader, ByteRange range, http::Exchange& exchange) {
  std::vector<char> buffer;
  while (range.length > 0) {
    const std::uint64_t piece = reader.ContiguousLength(range.offset, range.length);
    if (const auto file = reader.File(range.offset, piece)) {
      RETURN_IF_ERROR(exchange.SendFile(file->fd, file->offset, piece));
      range = {range.offset + piece, range.length - piece};
      continue;
    }
    buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBuffer, range.length)));
    ASSIGN_OR_RETURN(const std::size_t count,
                     reader.Read(range.offset, buffer.data(), buffer.size()));
    if (count == 0) return DataLoss("the object ends early");
    RETURN_IF_ERROR(exchange.Write({buffer.data(), count}));
    range = {range.offset + count, range.length - count};
  }
  return exchange.Finish();
}

}  // namespace

aws::Outcome<std::monostate> GetObject(objectstore::ObjectStore& store,
                                       const RequestContext& context, const Json& input,
                                       http::Exchange& exchange) {
  ASSIGN_OR_RETURN(const std::string bucket, CheckRequest(store, context, input));
  ASSIGN_OR_RETURN(const auto reader,
                   Told(store.Get(bucket, input.GetString("Key")), SubjectOf(input)));
  ASSIGN_OR_RETURN(const Answer answer, AnswerOf(reader->info(), reader.get(), input, context.now));
  http::Response head = ResponseOf(context, "GetObject", answer.document);
  if (answer.status == 304) {
    head.status = 304;
    if (const Status sent = exchange.Send(std::move(head)); !sent.ok()) return sent;
    return std::monostate();
  }
  Status sent = exchange.SendHead(answer.status, std::move(head.headers), answer.range.length);
  if (sent.ok()) sent = SendBytes(*reader, answer.range, exchange);
  if (!sent.ok()) return sent;
  return std::monostate();
}

aws::Outcome<std::monostate> HeadObject(objectstore::ObjectStore& store,
                                        const RequestContext& context, const Json& input,
                                        http::Exchange& exchange) {
  ASSIGN_OR_RETURN(const std::string bucket, CheckRequest(store, context, input));
  // Only a part's place needs the object open; an SDK asks for the size alone before it downloads.
  std::unique_ptr<objectstore::ObjectReader> reader;
  objectstore::ObjectInfo info;
  if (input.Has("PartNumber")) {
    ASSIGN_OR_RETURN(reader, Told(store.Get(bucket, input.GetString("Key")), SubjectOf(input)));
    info = reader->info();
  } else {
    ASSIGN_OR_RETURN(info, Told(store.Head(bucket, input.GetString("Key")), SubjectOf(input)));
  }
  ASSIGN_OR_RETURN(Answer answer, AnswerOf(info, reader.get(), input, context.now));
  if (answer.status != 304) answer.document["ContentLength"] = answer.range.length;
  http::Response head = ResponseOf(context, "HeadObject", answer.document);
  head.status = answer.status;
  if (const Status sent = exchange.Send(std::move(head)); !sent.ok()) return sent;
  return std::monostate();
}

}  // namespace sagebrush::services::s3
