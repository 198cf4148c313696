// SPDX-License-Identifier: Apache-2.0
// Continuation tokens: the last name of a page, in a form that no client reads anything into. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/hash.h"
#include "services/s3/errors.h"

namespace sagebrush::services::s3 {

inline std::string TokenAfter(std::string_view name) {
  return Base64Encode("1" + std::string(name));
}

// Without the value, which S3 does not repeat.
inline aws::Error WrongToken() {
  return {"InvalidArgument", "The continuation token provided is incorrect", 400,
          Json::Object({{"ArgumentName", "continuation-token"}})};
}

// The name after which the page starts; "" for no token. InvalidArgument for one that is not ours.
inline aws::Outcome<std::string> AfterToken(std::string_view token) {
  if (token.empty()) return std::string();
  const auto name = Base64Decode(token);
  if (!name.ok() || name->size() < 2 || name->front() != '1') return WrongToken();
  return name->substr(1);
}

}  // namespace sagebrush::services::s3
