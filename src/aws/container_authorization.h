// SPDX-License-Identifier: Apache-2.0
// What AWS_CONTAINER_AUTHORIZATION_TOKEN is in an instance without isolation, and its SDKs send as the Authorization header to
// the container credentials endpoint. Both sides derive it: the agent has its token, the server that token's hash; and from
// this word neither follows. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/hash.h"

namespace sagebrush::aws {

// `token_hash`: SHA-256 of the agent's token, in hexadecimal.
inline std::string ContainerAuthorization(std::string_view token_hash) {
  return HexEncode(HmacSha256(token_hash, "AWS_CONTAINER_AUTHORIZATION_TOKEN"));
}

}  // namespace sagebrush::aws
