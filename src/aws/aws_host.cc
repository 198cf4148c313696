// SPDX-License-Identifier: Apache-2.0
#include "aws/aws_host.h"

#include "base/strings.h"
#include "http/authority.h"

namespace sagebrush::aws {

bool IsAwsHost(std::string_view host) {
  constexpr int kAnyPort = 443;
  const auto authority = http::ParseAuthority(host, kAnyPort);
  if (!authority) return false;
  std::string name = "." + ToLower(authority->host);
  if (name.ends_with('.')) name.pop_back();  // the root, which resolvers do without
  return name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
}

}  // namespace sagebrush::aws
