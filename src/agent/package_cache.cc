// SPDX-License-Identifier: Apache-2.0
// An archive may weigh gigabytes, so both ways go in pieces.
#include "agent/package_cache.h"

#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>

#include "base/file.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

constexpr std::chrono::milliseconds kCallTimeout = std::chrono::seconds(60);
constexpr std::size_t kPiece = 256 << 10;
constexpr std::uint64_t kMaxAnswer = 64 << 10;

http::Request MakeRequest(std::string method, const std::string& key, const std::string& token) {
  http::Request request;
  request.method = std::move(method);
  request.target = "/_sagebrush/packages/" + key;
  request.headers.Add("Host", "localhost");
  request.headers.Add("X-Sagebrush-Token", token);
  request.headers.Add("Connection", "close");
  return request;
}

Status Refusal(const http::Response& response) {
  const std::string text =
      fmt::format("the server's package cache answers {}: {}", response.status, response.body);
  return response.status == 404 ? NotFound(text) : Internal(text);
}

}  // namespace

Status PackageCache::Fetch(const std::string& key, const std::filesystem::path& archive) const {
  ASSIGN_OR_RETURN(UniqueFd socket, http::ConnectUnix(api_socket_, kCallTimeout));
  http::ClientConnection connection(std::move(socket), kCallTimeout);
  RETURN_IF_ERROR(connection.SendHead(MakeRequest("GET", key, token_), 0));
  ASSIGN_OR_RETURN(http::Response response, connection.ReadHead());
  if (response.status != 200) return Refusal(response);
  ASSIGN_OR_RETURN(const UniqueFd file,
                   OpenFile(archive, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  std::string piece(kPiece, '\0');
  while (true) {
    ASSIGN_OR_RETURN(const std::size_t got, connection.ReadBody(piece.data(), piece.size()));
    if (got == 0) return Status::Ok();
    RETURN_IF_ERROR(WriteAll(file.get(), std::string_view(piece).substr(0, got)));
  }
}

Status PackageCache::Store(const std::string& key, const std::filesystem::path& archive) const {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(archive, error);
  if (error) return ErrnoStatus(error.value(), archive.string());
  ASSIGN_OR_RETURN(const UniqueFd file, OpenFile(archive, O_RDONLY));
  ASSIGN_OR_RETURN(UniqueFd socket, http::ConnectUnix(api_socket_, kCallTimeout));
  http::ClientConnection connection(std::move(socket), kCallTimeout);
  RETURN_IF_ERROR(connection.SendHead(MakeRequest("PUT", key, token_), size));
  std::string piece(kPiece, '\0');
  for (std::uint64_t at = 0; at < size;) {
    ASSIGN_OR_RETURN(const std::size_t got, ReadAt(file.get(), at, piece.data(), piece.size()));
    if (got == 0) return Internal(archive.string() + " became shorter while it was sent");
    RETURN_IF_ERROR(connection.SendBody(std::string_view(piece).substr(0, got)));
    at += got;
  }
  ASSIGN_OR_RETURN(http::Response response, connection.ReadHead());
  if (response.status / 100 == 2) return Status::Ok();
  response.body.resize(kMaxAnswer);
  ASSIGN_OR_RETURN(const std::size_t got,
                   connection.ReadBody(response.body.data(), response.body.size()));
  response.body.resize(got);
  return Refusal(response);
}

}  // namespace sagebrush::agent
