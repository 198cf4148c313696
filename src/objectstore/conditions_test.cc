// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "objectstore/object_store.h"

namespace sagebrush::objectstore {
namespace {

using enum ConditionOutcome;

ObjectInfo Object() {
  ObjectInfo object;
  object.etag = "abc";
  object.modified = FromMillis(100'500);
  return object;
}

TEST(Conditions, IfMatchBeatsIfUnmodifiedSince) {
  const ObjectInfo object = Object();

  EXPECT_EQ(Evaluate({.if_match = "abc", .if_unmodified_since = FromMillis(0)}, &object, false),
            kProceed);
  EXPECT_EQ(Evaluate({.if_match = "x", .if_unmodified_since = FromMillis(900'000)}, &object, false),
            kPreconditionFailed);
}

TEST(Conditions, IfNoneMatchBeatsIfModifiedSince) {
  const ObjectInfo object = Object();

  EXPECT_EQ(Evaluate({.if_none_match = "abc", .if_modified_since = FromMillis(0)}, &object, false),
            kNotModified);
  EXPECT_EQ(
      Evaluate({.if_none_match = "x", .if_modified_since = FromMillis(900'000)}, &object, false),
      kProceed);
}

TEST(Conditions, AFractionOfASecondDoesNotMakeAnObjectNewerThanItsOwnDate) {
  const ObjectInfo object = Object();

  EXPECT_EQ(Evaluate({.if_modified_since = FromMillis(100'000)}, &object, false), kNotModified);
  EXPECT_EQ(Evaluate({.if_unmodified_since = FromMillis(100'000)}, &object, false), kProceed);
}

TEST(Conditions, AWriteThatMayNotReplaceFailsOnlyIfThereIsSomething) {
  const ObjectInfo object = Object();
  const Conditions create_only{.if_none_match = "*"};

  EXPECT_EQ(Evaluate(create_only, &object, true), kPreconditionFailed);
  EXPECT_EQ(Evaluate(create_only, nullptr, true), kProceed);
}

}  // namespace
}  // namespace sagebrush::objectstore
