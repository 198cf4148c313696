// SPDX-License-Identifier: Apache-2.0
// HTTP messages as plain values: header fields, request heads, whole small responses, and who is at the other end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sagebrush::http {

// Header fields in wire order; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void Set(std::string_view name, std::string value);  // replaces all of that name
  void Remove(std::string_view name);
  // The first value of that name.
  std::optional<std::string_view> Get(std::string_view name) const;
  std::string GetOr(std::string_view name, std::string_view fallback) const;
  bool Has(std::string_view name) const { return Get(name).has_value(); }
  std::vector<std::string_view> GetAll(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

// Who sent a request.
struct Peer {
  std::string address;       // for logs: "127.0.0.1:5123" or "instance i-abc"
  bool is_loopback = false;  // a user on this machine
  bool is_tls = false;
  std::string instance_id;  // not empty: the request came out of that instance, over its own socket
  bool is_isolated = false;  // that instance is cut off from the network (EnableNetworkIsolation)
  std::string
      connect_host;  // the host a CONNECT named, when we ended TLS for it: "sts.us-west-2.amazonaws.com"
};

struct Request {
  std::string method;
  std::string target;  // exactly as on the wire: raw path and query
  Headers headers;
  Peer peer;

  std::string_view raw_path() const;   // before '?', still percent-encoded
  std::string_view raw_query() const;  // after '?', "" if none
  std::string_view host() const;       // the Host field, or what an absolute target named
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

std::string_view ReasonPhrase(int status);

}  // namespace sagebrush::http
