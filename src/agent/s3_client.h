// SPDX-License-Identifier: Apache-2.0
// S3Client: the few S3 calls that an instance's data path needs, through the public API with the role's credentials, so that
// the role's policy decides as on AWS. Calls go over the instance's socket. A server that is away or restarting is waited
// for; an answer that says no is an error in S3's words: "AccessDenied (403): Access Denied".
// Data plane: bodies are streamed between socket and file. Any thread may call; each call has a connection of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "agent/role_credentials.h"
#include "agent/stop_signal.h"
#include "aws/s3_uri.h"
#include "base/clock.h"
#include "base/status.h"
#include "http/client.h"
#include "http/message.h"

namespace sagebrush::agent {

struct S3Object {
  std::string key;
  std::uint64_t size = 0;
};

class S3Client {
 public:
  struct Options {
    std::string api_socket;
    std::string token;  // shows an instance without network that its own agent asks
    std::string region;
    std::chrono::milliseconds call_timeout{std::chrono::seconds(60)};
    std::chrono::milliseconds patience{std::chrono::minutes(10)};  // how long a server may be away
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds last_pause{2000};
    std::uint64_t part_bytes = 16 << 20;
    std::uint64_t whole_bytes = 64 << 20;  // up to here an object is put in one piece
    std::size_t threads = 4;
  };

  // `stop` ends waits (kCancelled); it may be null. All are borrowed.
  S3Client(Options options, RoleCredentials* credentials, const StopSignal* stop,
           const Clock& clock);

  // All objects whose key begins with the prefix, in the order of their keys.
  Result<std::vector<S3Object>> List(const std::string& bucket, const std::string& prefix);
  Result<std::string> Get(const aws::S3Uri& object, std::uint64_t limit);
  // Into a new file. After an error the file may be there in part.
  Status Download(const aws::S3Uri& object, const std::filesystem::path& target);
  Status Upload(const std::filesystem::path& file, const aws::S3Uri& object);

 private:
  // What one attempt does on a connection; kUnavailable and kDeadlineExceeded are tried again.
  using Attempt = std::function<Status(http::ClientConnection& connection,
                                       const aws::Credentials& credentials)>;

  Status Patiently(const Attempt& attempt);
  Status TryOnce(const Attempt& attempt);
  http::Request MakeRequest(std::string method, const aws::S3Uri& object,
                            const std::string& query) const;
  // A request with a small body and its whole answer; other than 2xx is an error.
  Result<http::Response> Call(std::string method, const aws::S3Uri& object,
                              const std::string& query, const std::string& body,
                              std::uint64_t limit);
  // Sends a part of a file as the body; gives the answer's ETag.
  Result<std::string> SendRange(const aws::S3Uri& object, const std::string& query, int file,
                                std::uint64_t offset, std::uint64_t size);
  Status UploadInParts(int file, std::uint64_t size, const aws::S3Uri& object);
  void Sign(http::Request* request, const aws::Credentials& credentials,
            std::string_view payload_hash) const;

  const Options options_;
  RoleCredentials* const credentials_;
  const StopSignal* const stop_;
  const Clock& clock_;

  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<http::ClientConnection>> idle_;
};

// An S3 error answer as a Status: "NoSuchKey (404): The specified key does not exist." Pure.
Status S3ErrorStatus(int http_status, std::string_view body);

}  // namespace sagebrush::agent
