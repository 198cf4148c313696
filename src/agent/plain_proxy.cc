// SPDX-License-Identifier: Apache-2.0
#include "agent/plain_proxy.h"

#include <algorithm>

#include "aws/aws_host.h"
#include "base/strings.h"
#include "http/authority.h"
#include "http/upstream_proxy.h"

namespace sagebrush::agent {
namespace {

constexpr std::size_t kMaxMethod = 20;
constexpr int kDefaultPort = 80;
constexpr std::string_view kScheme = "http://";
// Of the proxy hop, or about a connection that we close.
constexpr std::string_view kDropped[] = {"connection", "proxy-connection", "proxy-authorization",
                                         "keep-alive"};

// Of "user@host:80/path": nothing for what names no host. `path_at`: where the path begins, or the end.
std::optional<http::Authority> AuthorityOf(std::string_view rest, std::size_t path_at) {
  std::string_view authority = rest.substr(0, path_at);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  return http::ParseAuthority(authority, kDefaultPort);
}

}  // namespace

Opening ReadOpening(std::string_view data) {
  const std::size_t space = data.find(' ');
  const std::string_view method = data.substr(0, space);
  const bool may_be_method =
      std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!may_be_method || method.size() > kMaxMethod) return Opening::kPassThrough;
  if (space == std::string_view::npos) return Opening::kUndecided;
  const std::string_view target = data.substr(space + 1);
  const std::string begin = ToLower(target.substr(0, kScheme.size()));
  if (!kScheme.starts_with(begin)) return Opening::kPassThrough;
  if (begin.size() < kScheme.size()) return Opening::kUndecided;
  const std::size_t end = target.find_first_of("/? \r\n", kScheme.size());
  if (end == std::string_view::npos) return Opening::kUndecided;
  const std::string_view rest = target.substr(kScheme.size());
  const auto authority = AuthorityOf(rest, end - kScheme.size());
  // Requests for AWS's hosts are the server's own business.
  return authority && aws::IsAwsHost(authority->host) ? Opening::kPassThrough
                                                      : Opening::kPlainProxy;
}

Result<std::optional<PlainRequest>> TurnIntoTunnel(std::string_view data) {
  const std::size_t head_end = data.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return std::optional<PlainRequest>();
  const std::string_view head = data.substr(0, head_end);
  const auto lines = Split(head, '\n');
  const std::string_view first = Trim(lines.front());
  const std::size_t method_end = first.find(' ');
  const std::size_t target_end = first.rfind(' ');
  if (method_end == std::string_view::npos || target_end <= method_end + kScheme.size())
    return InvalidArgument("not the first line of a request");
  const std::string_view rest =
      first.substr(method_end + 1 + kScheme.size(), target_end - method_end - 1 - kScheme.size());
  const std::size_t path_at = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = AuthorityOf(rest, path_at);
  if (!authority) return InvalidArgument("no host is named");
  const std::string_view path = rest.substr(path_at);

  PlainRequest made;
  made.connect = http::ConnectRequestText({}, authority->host, authority->port);
  made.request = std::string(first.substr(0, method_end + 1)) + (path.starts_with('/') ? "" : "/") +
                 std::string(path) + std::string(first.substr(target_end)) + "\r\n";
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = Trim(lines[i]);
    const std::string name = ToLower(Trim(line.substr(0, line.find(':'))));
    if (std::ranges::find(kDropped, name) != std::end(kDropped)) continue;
    made.request.append(line).append("\r\n");
  }
  made.request.append("Connection: close\r\n\r\n").append(data.substr(head_end + 4));
  return std::optional<PlainRequest>(std::move(made));
}

}  // namespace sagebrush::agent
