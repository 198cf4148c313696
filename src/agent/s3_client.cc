// SPDX-License-Identifier: Apache-2.0
#include "agent/s3_client.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>

#include <pugixml.hpp>

#include "agent/parallel.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
constexpr std::uint64_t kMaxParts = 10'000;  // S3's limit
constexpr std::uint64_t kMaxErrorBytes = 64 << 10;
constexpr std::size_t kMaxIdleConnections = 8;

Result<std::string> HashRange(int file, std::uint64_t offset, std::uint64_t size) {
  Hasher hasher(HashKind::kSha256);
  std::string buffer(kBufferBytes, '\0');
  while (size > 0) {
    ASSIGN_OR_RETURN(
        const std::size_t got,
        ReadAt(file, offset, buffer.data(),
               static_cast<std::size_t>(std::min<std::uint64_t>(size, buffer.size()))));
    if (got == 0) return FailedPrecondition("the file became shorter while it was uploaded");
    hasher.Update(std::string_view(buffer).substr(0, got));
    offset += got;
    size -= got;
  }
  return HexEncode(hasher.Finish());
}

Result<std::string> ReadRest(http::ClientConnection& connection, std::size_t limit) {
  std::string body;
  std::string buffer(kBufferBytes, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const std::size_t got, connection.ReadBody(buffer.data(), buffer.size()));
    if (got == 0) return body;
    if (body.size() < limit) body.append(buffer, 0, got);
  }
}

bool IsExpired(const Status& status) {
  return status.message().starts_with("ExpiredToken") ||
         status.message().starts_with("InvalidToken");
}

Result<std::vector<S3Object>> ParsePage(const std::string& body, std::string* next_token) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(
      body.data(), body.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!parsed || !root) return Internal("the answer to ListObjectsV2 is no ListBucketResult");
  std::vector<S3Object> objects;
  for (const pugi::xml_node item : root.children("Contents")) {
    ASSIGN_OR_RETURN(std::string key,
                     PercentDecode(item.child_value("Key"), /*plus_is_space=*/true));
    const std::optional<std::uint64_t> size = ParseUint(item.child_value("Size"));
    if (key.empty() || !size)
      return Internal("the answer to ListObjectsV2 has an entry without key or size");
    objects.push_back({std::move(key), *size});
  }
  next_token->clear();
  if (std::string_view(root.child_value("IsTruncated")) == "true")
    *next_token = root.child_value("NextContinuationToken");
  return objects;
}

}  // namespace

Status S3ErrorStatus(int http_status, std::string_view body) {
  std::string code;
  std::string message;
  pugi::xml_document document;
  if (document.load_buffer(body.data(), body.size())) {
    const pugi::xml_node error = document.child("Error");
    code = error.child_value("Code");
    message = error.child_value("Message");
  }
  if (code.empty()) code = std::string(http::ReasonPhrase(http_status));
  std::string text = fmt::format("{} ({})", code, http_status);
  if (!message.empty()) text += ": " + message;
  if (http_status >= 500 || http_status == 429) return Unavailable(text);
  if (http_status == 404) return NotFound(text);
  if (http_status == 403 || http_status == 401) return PermissionDenied(text);
  if (http_status == 412) return FailedPrecondition(text);
  return InvalidArgument(text);
}

S3Client::S3Client(Options options, RoleCredentials* credentials, const StopSignal* stop,
                   const Clock& clock)
    : options_(std::move(options)), credentials_(credentials), stop_(stop), clock_(clock) {}

Status S3Client::Patiently(const Attempt& attempt) {
  const auto give_up = clock_.SteadyNow() + options_.patience;
  std::chrono::milliseconds pause = options_.first_pause;
  bool renewed = false;
  while (true) {
    if (stop_ != nullptr && stop_->requested()) return Cancelled("stopped");
    const Status done = TryOnce(attempt);
    if (done.ok()) return done;
    if (IsExpired(done) && !renewed) {
      renewed = true;
      credentials_->Forget();
      continue;
    }
    const bool may_pass =
        done.code() == Code::kUnavailable || done.code() == Code::kDeadlineExceeded;
    if (!may_pass || clock_.SteadyNow() >= give_up) return done;
    if (stop_ != nullptr) {
      if (stop_->WaitFor(pause)) return Cancelled("stopped");
    } else {
      StopSignal().WaitFor(pause);
    }
    pause = std::min(pause * 2, options_.last_pause);
  }
}

Status S3Client::TryOnce(const Attempt& attempt) {
  ASSIGN_OR_RETURN(const aws::Credentials credentials, credentials_->Get());
  std::unique_ptr<http::ClientConnection> connection;
  {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty() && connection == nullptr) {
      if (idle_.back()->reusable()) connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection == nullptr) {
    ASSIGN_OR_RETURN(UniqueFd socket,
                     http::ConnectUnix(options_.api_socket, options_.call_timeout));
    connection = std::make_unique<http::ClientConnection>(std::move(socket), options_.call_timeout);
  }
  RETURN_IF_ERROR(attempt(*connection, credentials));
  if (connection->reusable()) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdleConnections) idle_.push_back(std::move(connection));
  }
  return Status::Ok();
}

http::Request S3Client::MakeRequest(std::string method, const aws::S3Uri& object,
                                    const std::string& query) const {
  http::Request request;
  request.method = std::move(method);
  request.target =
      "/" + PercentEncode(object.bucket) + "/" + PercentEncode(object.key, /*keep_slash=*/true);
  if (object.key.empty()) request.target.pop_back();
  if (!query.empty()) request.target += "?" + query;
  request.headers.Add("Host", "s3." + options_.region + ".amazonaws.com");
  request.headers.Add("User-Agent", "sagebrush-agent");
  if (!options_.token.empty()) request.headers.Add("X-Sagebrush-Token", options_.token);
  return request;
}

void S3Client::Sign(http::Request* request, const aws::Credentials& credentials,
                    std::string_view payload_hash) const {
  aws::Sign(request, credentials, options_.region, "s3", payload_hash, clock_.Now());
}

Result<http::Response> S3Client::Call(std::string method, const aws::S3Uri& object,
                                      const std::string& query, const std::string& body,
                                      std::uint64_t limit) {
  const http::Request unsigned_request = MakeRequest(std::move(method), object, query);
  const std::string payload_hash = HexEncode(Sha256(body));
  http::Response response;
  RETURN_IF_ERROR(Patiently(
      [&](http::ClientConnection& connection, const aws::Credentials& credentials) -> Status {
        http::Request request = unsigned_request;
        Sign(&request, credentials, payload_hash);
        ASSIGN_OR_RETURN(response, connection.Call(request, body, std::max(limit, kMaxErrorBytes)));
        return response.status / 100 == 2 ? Status::Ok()
                                          : S3ErrorStatus(response.status, response.body);
      }));
  if (response.body.size() > limit)
    return ResourceExhausted(fmt::format("{} is larger than {} bytes", object.ToString(), limit));
  return response;
}

Result<std::vector<S3Object>> S3Client::List(const std::string& bucket, const std::string& prefix) {
  std::vector<S3Object> objects;
  std::string token;
  do {
    std::string query = "encoding-type=url&list-type=2&prefix=" + PercentEncode(prefix);
    if (!token.empty()) query = "continuation-token=" + PercentEncode(token) + "&" + query;
    ASSIGN_OR_RETURN(const http::Response response, Call("GET", {bucket, ""}, query, "", 16 << 20));
    ASSIGN_OR_RETURN(std::vector<S3Object> page, ParsePage(response.body, &token));
    objects.insert(objects.end(), std::make_move_iterator(page.begin()),
                   std::make_move_iterator(page.end()));
  } while (!token.empty());
  return objects;
}

Result<std::string> S3Client::Get(const aws::S3Uri& object, std::uint64_t limit) {
  ASSIGN_OR_RETURN(http::Response response, Call("GET", object, "", "", limit));
  return std::move(response.body);
}

Status S3Client::Download(const aws::S3Uri& object, const std::filesystem::path& target) {
  ASSIGN_OR_RETURN(const UniqueFd file, OpenFile(target, O_WRONLY | O_CREAT | O_TRUNC));
  const http::Request unsigned_request = MakeRequest("GET", object, "");
  std::uint64_t written = 0;
  std::string etag;
  std::string buffer(kBufferBytes, '\0');
  return Patiently([&](http::ClientConnection& connection,
                       const aws::Credentials& credentials) -> Status {
    http::Request request = unsigned_request;
    if (written > 0) {  // go on where the connection broke, if it is still the same object
      request.headers.Add("Range", fmt::format("bytes={}-", written));
      request.headers.Add("If-Match", etag);
    }
    Sign(&request, credentials, aws::kEmptyPayloadHash);
    RETURN_IF_ERROR(connection.SendHead(request, 0));
    ASSIGN_OR_RETURN(const http::Response head, connection.ReadHead());
    if (head.status / 100 != 2) {
      ASSIGN_OR_RETURN(const std::string body, ReadRest(connection, kMaxErrorBytes));
      return S3ErrorStatus(head.status, body);
    }
    if (written > 0 && head.status != 206)
      return Internal("the server ignored the range of a resumed download");
    etag = head.headers.GetOr("ETag", "");
    while (true) {
      ASSIGN_OR_RETURN(const std::size_t got, connection.ReadBody(buffer.data(), buffer.size()));
      if (got == 0) return Status::Ok();
      RETURN_IF_ERROR(WriteAll(file.get(), std::string_view(buffer).substr(0, got)));
      written += got;
      if (stop_ != nullptr && stop_->requested()) return Cancelled("stopped");
    }
  });
}

Result<std::string> S3Client::SendRange(const aws::S3Uri& object, const std::string& query,
                                        int file, std::uint64_t offset, std::uint64_t size) {
  ASSIGN_OR_RETURN(const std::string payload_hash, HashRange(file, offset, size));
  const http::Request unsigned_request = MakeRequest("PUT", object, query);
  std::string etag;
  std::string buffer(kBufferBytes, '\0');
  RETURN_IF_ERROR(Patiently(
      [&](http::ClientConnection& connection, const aws::Credentials& credentials) -> Status {
        http::Request request = unsigned_request;
        Sign(&request, credentials, payload_hash);
        RETURN_IF_ERROR(connection.SendHead(request, size));
        for (std::uint64_t sent = 0; sent < size;) {
          const auto want =
              static_cast<std::size_t>(std::min<std::uint64_t>(size - sent, buffer.size()));
          ASSIGN_OR_RETURN(const std::size_t got, ReadAt(file, offset + sent, buffer.data(), want));
          if (got == 0) return FailedPrecondition("the file became shorter while it was uploaded");
          // A server that says no early may have closed its side; its answer tells why.
          if (!connection.SendBody(std::string_view(buffer).substr(0, got)).ok()) break;
          sent += got;
        }
        ASSIGN_OR_RETURN(const http::Response head, connection.ReadHead());
        ASSIGN_OR_RETURN(const std::string body, ReadRest(connection, kMaxErrorBytes));
        if (head.status / 100 != 2) return S3ErrorStatus(head.status, body);
        etag = head.headers.GetOr("ETag", "");
        return Status::Ok();
      }));
  return etag;
}

Status S3Client::Upload(const std::filesystem::path& file, const aws::S3Uri& object) {
  ASSIGN_OR_RETURN(const UniqueFd fd, OpenFile(file, O_RDONLY));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return LastErrno("fstat " + file.string());
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > options_.whole_bytes) return UploadInParts(fd.get(), size, object);
  return SendRange(object, "", fd.get(), 0, size).status();
}

Status S3Client::UploadInParts(int file, std::uint64_t size, const aws::S3Uri& object) {
  ASSIGN_OR_RETURN(const http::Response created, Call("POST", object, "uploads=", "", 1 << 20));
  pugi::xml_document document;
  document.load_buffer(created.body.data(), created.body.size());
  const std::string upload_id =
      document.child("InitiateMultipartUploadResult").child_value("UploadId");
  if (upload_id.empty()) return Internal("the answer to CreateMultipartUpload has no UploadId");
  const std::string id_query = "uploadId=" + PercentEncode(upload_id);

  const std::uint64_t part_bytes =
      std::max(options_.part_bytes, (size + kMaxParts - 1) / kMaxParts);
  const auto parts = static_cast<std::size_t>((size + part_bytes - 1) / part_bytes);
  std::vector<std::string> etags(parts);
  const auto send_part = [&](std::size_t index) -> Status {
    const std::uint64_t offset = index * part_bytes;
    const std::string query = fmt::format("partNumber={}&{}", index + 1, id_query);
    ASSIGN_OR_RETURN(etags[index],
                     SendRange(object, query, file, offset, std::min(part_bytes, size - offset)));
    return Status::Ok();
  };
  Status done = ForEachInParallel(options_.threads, parts, send_part);
  if (done.ok()) {
    pugi::xml_document complete;
    pugi::xml_node root = complete.append_child("CompleteMultipartUpload");
    for (std::size_t i = 0; i < parts; ++i) {
      pugi::xml_node part = root.append_child("Part");
      part.append_child("PartNumber").text().set(fmt::format("{}", i + 1).c_str());
      part.append_child("ETag").text().set(etags[i].c_str());
    }
    struct Writer : pugi::xml_writer {
      std::string text;
      void write(const void* data, std::size_t bytes) override {
        text.append(static_cast<const char*>(data), bytes);
      }
    } writer;
    complete.save(writer, "", pugi::format_raw | pugi::format_no_declaration);
    const Result<http::Response> answer = Call("POST", object, id_query, writer.text, 1 << 20);
    if (!answer.ok()) {
      done = answer.status();
    } else if (answer->body.find("<Error>") != std::string::npos) {
      done = S3ErrorStatus(500, answer->body);  // S3 may answer 200 and then say that it failed
    }
  }
  if (!done.ok()) {
    // Best effort: an upload left open costs the bucket's owner space, but the first error is the one to tell.
    (void)Call("DELETE", object, id_query, "", 1 << 20);
  }
  return done;
}

}  // namespace sagebrush::agent
