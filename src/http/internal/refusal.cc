// SPDX-License-Identifier: Apache-2.0
#include "http/internal/refusal.h"

#include "base/clock.h"

namespace sagebrush::http::internal {
namespace {

std::string Serialise(const Response& response) {
  std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " " +
                      std::string(ReasonPhrase(response.status)) +
                      "\r\nDate: " + FormatHttpDate(Clock::System().Now()) +
                      "\r\nServer: sagebrush\r\n";
  for (const auto& [name, value] : response.headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  if (response.status == 503) bytes += "Retry-After: 1\r\n";
  bytes.append("Connection: close\r\nContent-Length: ")
      .append(std::to_string(response.body.size()))
      .append("\r\n\r\n")
      .append(response.body);
  return bytes;
}

}  // namespace

std::string PlainRefusalBytes(int status, std::string_view text) {
  return Serialise({.status = status,
                    .headers = {{"Content-Type", "text/plain"}},
                    .body = std::string(text) + "\n"});
}

std::string RefusalBytes(const ServerOptions& options, const Refusal& refusal) {
  return options.refuse ? Serialise(options.refuse(refusal))
                        : PlainRefusalBytes(refusal.status, refusal.text);
}

}  // namespace sagebrush::http::internal
