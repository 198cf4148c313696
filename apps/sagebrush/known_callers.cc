// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/known_callers.h"

namespace sagebrush::apps {

namespace {

constexpr std::size_t kMostKnown =
    1024;  // then all are forgotten: cheaper than knowing whom to forget

constexpr std::size_t kLongestKey = 4096;
// No part can hold a line break, but for a token of a client's making, which leads to no caller.
std::string KeyOf(const aws::Presented& claim) {
  std::string key;
  key.reserve(claim.session_token.size() + 96);
  key.append(claim.access_key).append("\n").append(claim.scope.date);
  key.append("\n").append(claim.scope.region).append("\n").append(claim.scope.service);
  return key.append("\n").append(claim.session_token);
}

}  // namespace

Result<std::shared_ptr<const KnownCaller>> KnownCallers::Find(const aws::Presented& claim) {
  const std::string key = KeyOf(claim);
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end()) {
      const TimePoint expires = found->second->principal.expires;
      if (expires == TimePoint{} || clock_.Now() < expires) return found->second;
      known_.erase(found);  // its own words come from the look-up
    }
  }
  ASSIGN_OR_RETURN(iam::IdentityFiles::Authenticated caller,
                   identity_.Lookup(claim.access_key, claim.session_token));
  auto known = std::make_shared<KnownCaller>();
  known->principal = std::move(caller.principal);
  known->secret_key = std::move(caller.secret_key);
  known->signing_key = aws::SigningKey(known->secret_key, claim.scope);
  if (key.size() > kLongestKey) return std::shared_ptr<const KnownCaller>(std::move(known));
  const std::lock_guard lock(mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_.emplace(key, known);
  return std::shared_ptr<const KnownCaller>(std::move(known));
}

}  // namespace sagebrush::apps
