// SPDX-License-Identifier: Apache-2.0
// For tests: S3 as far as an instance speaks it, in memory, behind the real HTTP server on a unix socket, with signatures
// checked by the real verifier; the credentials endpoint; and the cache of installed packages. Any thread may call.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/fake_control_server.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/strings.h"
#include "http/server.h"

namespace sagebrush::agent {

class FakeS3 {
 public:
  explicit FakeS3(std::filesystem::path path) : path_(std::move(path)) {}
  ~FakeS3() { Stop(); }

  void Start() {
    http::ServerOptions options;
    auto server =
        http::Server::Create(options, [this](http::Exchange& exchange) { Serve(exchange); });
    SAGEBRUSH_CHECK(server.ok(), "the HTTP server starts");
    server_ = std::move(*server);
    SAGEBRUSH_CHECK(server_->ListenUnix(ListenAt(path_), {}).ok(), "the HTTP server listens");
  }
  void Stop() {
    if (server_) server_->Stop(std::chrono::seconds(1));
    server_.reset();
  }

  void Put(const std::string& uri, std::string bytes) {
    const std::lock_guard lock(mutex_);
    objects_[uri.substr(5)] = std::move(bytes);
  }
  std::optional<std::string> Find(const std::string& uri) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(uri.substr(5));
    return found == objects_.end() ? std::nullopt : std::optional(found->second);
  }
  // Requests below this "bucket/prefix" are answered 403.
  void Deny(const std::string& uri) { denied_ = uri.substr(5); }
  // The next so many requests for objects are answered 503.
  void Fail(int requests) {
    const std::lock_guard lock(mutex_);
    failures_ = requests;
  }
  // Downloads end after so many bytes, once.
  void CutDownloadAfter(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    cut_after_ = bytes;
  }
  // Archives of installed packages by their key.
  std::map<std::string, std::string> packages() {
    const std::lock_guard lock(mutex_);
    return packages_;
  }
  int requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int parts() {
    const std::lock_guard lock(mutex_);
    return parts_;
  }

 private:
  static constexpr const char* kAccessKey = "ASIATESTTESTTESTTEST";
  static constexpr const char* kSecretKey = "secret";

  static void Error(http::Exchange& exchange, int status, const std::string& code,
                    const std::string& message) {
    http::Response response;
    response.status = status;
    response.body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message +
                    "</Message></Error>";
    (void)exchange.Send(std::move(response));
  }
  static void Answer(http::Exchange& exchange, std::string body, const std::string& etag = "") {
    http::Response response;
    if (!etag.empty()) response.headers.Add("ETag", "\"" + etag + "\"");
    response.body = std::move(body);
    (void)exchange.Send(std::move(response));
  }

  bool SignatureIsRight(const http::Request& request, const std::string& body) const {
    const auto presented = aws::ParsePresented(request);
    if (!presented.ok() || !presented->has_value() || (*presented)->access_key != kAccessKey)
      return false;
    const std::string hash = request.headers.GetOr("x-amz-content-sha256", "");
    return hash == HexEncode(Sha256(body)) && (*presented)->session_token == "session" &&
           aws::Verify(request, **presented, kSecretKey, hash, Clock::System().Now()).ok();
  }

  void Serve(http::Exchange& exchange) {
    const http::Request& request = exchange.request();
    const auto body = exchange.ReadAll(1 << 30);
    if (!body.ok()) return;
    if (request.raw_path() == "/_sagebrush/credentials") {
      return Answer(exchange, Json::Object({{"AccessKeyId", kAccessKey},
                                            {"SecretAccessKey", kSecretKey},
                                            {"Token", "session"},
                                            {"Expiration", FormatIso8601(Clock::System().Now() +
                                                                         std::chrono::hours(1))}})
                                  .Dump());
    }
    constexpr std::string_view kPackages = "/_sagebrush/packages/";
    if (request.raw_path().starts_with(kPackages))
      return Packages(exchange, std::string(request.raw_path().substr(kPackages.size())), *body);
    if (!SignatureIsRight(request, *body))
      return Error(exchange, 403, "SignatureDoesNotMatch", "wrong signature");
    const std::string path = PercentDecode(request.raw_path().substr(1)).value_or("");
    std::map<std::string, std::string> query;
    for (auto& [name, value] : ParseQuery(request.raw_query()).value_or({})) query[name] = value;

    const std::lock_guard lock(mutex_);
    ++requests_;
    const std::string named = query.count("prefix") != 0 ? path + "/" + query["prefix"] : path;
    if (!denied_.empty() && named.starts_with(denied_))
      return Error(exchange, 403, "AccessDenied", "Access Denied");
    if (failures_ > 0) {
      --failures_;
      return Error(exchange, 503, "SlowDown", "Please reduce your request rate.");
    }
    if (request.method == "GET" && query.count("list-type") != 0)
      return List(exchange, path, query);
    if (request.method == "GET") return GetObject(exchange, path);
    if (request.method == "POST" && query.count("uploads") != 0) {
      return Answer(exchange,
                    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></"
                    "InitiateMultipartUploadResult>");
    }
    if (request.method == "PUT" && query.count("partNumber") != 0) {
      ++parts_;
      uploads_[path][static_cast<int>(ParseInt(query["partNumber"]).value_or(0))] = *body;
      return Answer(exchange, "", "p" + query["partNumber"]);
    }
    if (request.method == "POST" && query["uploadId"] == "u/1") {
      std::string whole;
      for (const auto& [number, part] : uploads_[path]) {
        if (body->find("<PartNumber>" + std::to_string(number) + "</PartNumber><ETag>\"p" +
                       std::to_string(number) + "\"") == std::string::npos) {
          return Error(exchange, 400, "InvalidPart", *body);
        }
        whole += part;
      }
      objects_[path] = std::move(whole);
      return Answer(exchange, "<CompleteMultipartUploadResult/>");
    }
    if (request.method == "PUT") {
      objects_[path] = *body;
      return Answer(exchange, "", HexEncode(Md5(*body)));
    }
    Error(exchange, 405, "MethodNotAllowed", "no");
  }

  void Packages(http::Exchange& exchange, const std::string& key, const std::string& body) {
    const std::lock_guard lock(mutex_);
    const http::Request& request = exchange.request();
    if (request.headers.GetOr("X-Sagebrush-Token", "") != "secret-token")
      return Error(exchange, 403, "AccessDenied", "no token");
    if (request.method == "PUT") {
      packages_[key] = body;
      return Answer(exchange, "");
    }
    const auto found = packages_.find(key);
    if (found == packages_.end()) return Error(exchange, 404, "NotFound", "none");
    Answer(exchange, found->second);
  }

  void List(http::Exchange& exchange, const std::string& bucket,
            std::map<std::string, std::string>& query) {
    std::string xml = "<ListBucketResult>";
    int listed = 0;
    std::string last;
    bool more = false;
    for (const auto& [name, bytes] : objects_) {
      if (!name.starts_with(bucket + "/" + query["prefix"]) || name <= query["continuation-token"])
        continue;
      if (listed == 2) {  // small pages, so that paging is tried
        more = true;
        break;
      }
      xml += "<Contents><Key>" + PercentEncode(name.substr(bucket.size() + 1), true) +
             "</Key><Size>" + std::to_string(bytes.size()) + "</Size></Contents>";
      last = name;
      ++listed;
    }
    xml += std::string("<IsTruncated>") + (more ? "true" : "false") + "</IsTruncated>";
    if (more) xml += "<NextContinuationToken>" + last + "</NextContinuationToken>";
    Answer(exchange, xml + "</ListBucketResult>");
  }

  void GetObject(http::Exchange& exchange, const std::string& path) {
    const auto found = objects_.find(path);
    if (found == objects_.end())
      return Error(exchange, 404, "NoSuchKey", "The specified key does not exist.");
    const std::string& bytes = found->second;
    const std::string etag = "\"" + HexEncode(Md5(bytes)) + "\"";
    const http::Headers& headers = exchange.request().headers;
    std::size_t from = 0;
    int status = 200;
    if (const auto range = headers.Get("Range")) {
      if (headers.GetOr("If-Match", "") != etag)
        return Error(exchange, 412, "PreconditionFailed", "changed");
      from = static_cast<std::size_t>(ParseUint(range->substr(6, range->size() - 7)).value_or(0));
      status = 206;
    }
    http::Headers answer{{"ETag", etag}};
    (void)exchange.SendHead(status, answer, bytes.size() - from);
    std::string_view rest = std::string_view(bytes).substr(from);
    if (cut_after_ != 0) {
      rest = rest.substr(0, cut_after_);
      cut_after_ = 0;
    }
    (void)exchange.Write(rest);
    if (rest.size() == bytes.size() - from)
      (void)exchange.Finish();  // else the connection breaks off
  }

  const std::filesystem::path path_;
  std::unique_ptr<http::Server> server_;
  std::string denied_;
  std::mutex mutex_;                            // guards all below
  std::map<std::string, std::string> objects_;  // "bucket/key"
  std::map<std::string, std::map<int, std::string>> uploads_;
  std::map<std::string, std::string> packages_;
  int failures_ = 0;
  int requests_ = 0;
  int parts_ = 0;
  std::size_t cut_after_ = 0;
};

}  // namespace sagebrush::agent
