// SPDX-License-Identifier: Apache-2.0
// PackageCache: the server's archives of installed packages, as an agent asks for them over its api.sock
// (docs/formats/agent-protocol.md). Only the agent can: it needs the token, which user code never sees. Blocking; one thread.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace sagebrush::agent {

class PackageCache {
 public:
  PackageCache(std::string api_socket, std::string token)
      : api_socket_(std::move(api_socket)), token_(std::move(token)) {}

  // kNotFound when there is none under that key.
  Status Fetch(const std::string& key, const std::filesystem::path& archive) const;
  Status Store(const std::string& key, const std::filesystem::path& archive) const;

 private:
  const std::string api_socket_;
  const std::string token_;
};

}  // namespace sagebrush::agent
