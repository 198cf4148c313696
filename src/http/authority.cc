// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <algorithm>
#include <cctype>

#include "base/strings.h"

namespace sagebrush::http {

std::string Authority::ToString() const {
  const bool is_six = host.find(':') != std::string::npos;
  return (is_six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Authority> ParseAuthority(std::string_view text, int default_port) {
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
    if (!std::all_of(host.begin(), host.end(), [](char c) {
          return std::isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.';
        })) {
      return std::nullopt;
    }
  } else {
    const std::size_t colon = text.find(':');
    has_port = colon != std::string_view::npos;
    host = text.substr(0, colon);
    if (has_port) port = text.substr(colon + 1);
    if (!std::all_of(host.begin(), host.end(), [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
        })) {
      return std::nullopt;
    }
  }
  if (host.empty() || host.size() > 253) return std::nullopt;
  if (!has_port) {
    if (default_port == 0) return std::nullopt;
    return Authority{std::string(host), default_port};
  }
  const auto number = ParseUint(port);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return Authority{std::string(host), static_cast<int>(*number)};
}

}  // namespace sagebrush::http
