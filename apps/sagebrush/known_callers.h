// SPDX-License-Identifier: Apache-2.0
// Who has called lately: what a key and a session token mean, and the key that checks signatures of one day, region and
// service. All of it follows from the token and the account's own keys, so it may be kept until the token expires; opening a
// token and deriving a key are most of what a small request costs. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "iam/identity.h"

namespace sagebrush::apps {

struct KnownCaller {
  iam::Principal principal;
  std::string secret_key;
  std::string signing_key;
};

class KnownCallers {
 public:
  KnownCallers(const iam::IdentityFiles& identity, const Clock& clock)
      : identity_(identity), clock_(clock) {}

  // As IdentityFiles::Lookup fails, for a key or token that is not ours.
  Result<std::shared_ptr<const KnownCaller>> Find(const aws::Presented& claim);

 private:
  const iam::IdentityFiles& identity_;
  const Clock& clock_;
  std::mutex mutex_;  // guards known_
  std::unordered_map<std::string, std::shared_ptr<const KnownCaller>> known_;
};

}  // namespace sagebrush::apps
