// SPDX-License-Identifier: Apache-2.0
#include "http/authority.h"

#include <gtest/gtest.h>

namespace sagebrush::http {
namespace {

TEST(Authority, ReadsHostsAndPortsStrictly) {
  EXPECT_EQ(ParseAuthority("a.b:443"), (Authority{"a.b", 443}));
  EXPECT_EQ(ParseAuthority("[::1]:8"), (Authority{"::1", 8}));
  EXPECT_EQ(ParseAuthority("a", 80), (Authority{"a", 80}));
  EXPECT_EQ(ParseAuthority("[::1]", 80), (Authority{"::1", 80}));
  for (const char* text : {"", ":1", "a", "a:", "a:0", "a:65536", "a:1:2", "a/b:1", "a b:1",
                           "[::1]x:1", "[::1", "u@h:1"}) {
    EXPECT_FALSE(ParseAuthority(text)) << text;
  }
}

TEST(Authority, IsWrittenAsItIsRead) {
  for (const char* text : {"a.b:443", "10.0.0.1:8080", "[fd00::1]:8"})
    EXPECT_EQ(ParseAuthority(text)->ToString(), text);
}

}  // namespace
}  // namespace sagebrush::http
