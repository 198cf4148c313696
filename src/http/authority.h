// SPDX-License-Identifier: Apache-2.0
// "host:port", as it stands in URLs, in CONNECT and in Host (RFC 3986, section 3.2). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sagebrush::http {

struct Authority {
  std::string host;  // an IPv6 address without its brackets
  int port = 0;
  std::string ToString() const;  // "a.b:443", "[::1]:8"
  bool operator==(const Authority&) const = default;
};

// Strict: no user, no other bytes than names and addresses have. The port is `default_port` where none is written
// (0: then it is required).
std::optional<Authority> ParseAuthority(std::string_view text, int default_port = 0);

}  // namespace sagebrush::http
