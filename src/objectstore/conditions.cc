// SPDX-License-Identifier: Apache-2.0
// S3's conditional headers. Source: Amazon S3 API Reference, GetObject ("If both of the If-Match and If-Unmodified-Since
// headers are present …") and RFC 9110, 13.2.2, which has the same order.
#include <chrono>

#include "objectstore/object_store.h"

namespace sagebrush::objectstore {

namespace {

// HTTP dates have whole seconds, so an object's fraction must not make it newer than its own Last-Modified.
std::int64_t Seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

bool Matches(const std::string& wanted, const ObjectInfo* object) {
  return object != nullptr && (wanted == "*" || wanted == object->etag);
}

}  // namespace

ConditionOutcome Evaluate(const Conditions& conditions, const ObjectInfo* object, bool is_write) {
  if (conditions.if_match) {
    if (!Matches(*conditions.if_match, object)) return ConditionOutcome::kPreconditionFailed;
  } else if (conditions.if_unmodified_since && object != nullptr) {
    if (Seconds(object->modified) > Seconds(*conditions.if_unmodified_since))
      return ConditionOutcome::kPreconditionFailed;
  }
  const auto failed =
      is_write ? ConditionOutcome::kPreconditionFailed : ConditionOutcome::kNotModified;
  if (conditions.if_none_match) {
    if (Matches(*conditions.if_none_match, object)) return failed;
  } else if (conditions.if_modified_since && object != nullptr) {
    if (Seconds(object->modified) <= Seconds(*conditions.if_modified_since)) return failed;
  }
  return ConditionOutcome::kProceed;
}

}  // namespace sagebrush::objectstore
