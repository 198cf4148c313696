// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(StringsTest, SplitKeepsEmptyParts) {
  EXPECT_THAT(Split("a//b", '/'), ElementsAre("a", "", "b"));
  EXPECT_THAT(Split("", '/'), ElementsAre(""));
}

TEST(StringsTest, PercentEncodingKeepsOnlyUnreservedBytes) {
  EXPECT_EQ(PercentEncode("a b/c~\xC3\xA9"), "a%20b%2Fc~%C3%A9");
  EXPECT_EQ(PercentEncode("a/b", true), "a/b");
}

TEST(StringsTest, PercentDecodingUndoesItAndRefusesBrokenEscapes) {
  EXPECT_EQ(*PercentDecode("a%20b%2fc+d"), "a b/c+d");
  EXPECT_EQ(*PercentDecode("a+b", true), "a b");
  EXPECT_EQ(*PercentDecode("%41"), "A");
  for (const char* text : {"%", "%4", "%zz", "a%"}) EXPECT_FALSE(PercentDecode(text).ok()) << text;
}

TEST(StringsTest, QueryKeepsOrderRepeatsAndEmptyValues) {
  EXPECT_THAT(*ParseQuery("uploads&a=1&a=%202&b="),
              ElementsAre(Pair("uploads", ""), Pair("a", "1"), Pair("a", " 2"), Pair("b", "")));
  EXPECT_TRUE(ParseQuery("")->empty());
}

TEST(StringsTest, NumbersAreWholeTextsOrNothing) {
  EXPECT_EQ(ParseInt("-12"), -12);
  EXPECT_EQ(ParseUint("18446744073709551615"), 18446744073709551615ULL);
  for (const char* text : {"", "1x", " 1", "99999999999999999999"})
    EXPECT_FALSE(ParseInt(text)) << text;
  EXPECT_FALSE(ParseUint("-1"));
}

TEST(StringsTest, HexadecimalDigitsHaveAValueAndNothingElseHas) {
  const std::string_view digits = "0123456789abcdefABCDEF";
  for (int i = 0; i < 16; ++i) EXPECT_EQ(HexValue(digits[static_cast<std::size_t>(i)]), i);
  for (int i = 16; i < 22; ++i) EXPECT_EQ(HexValue(digits[static_cast<std::size_t>(i)]), i - 6);
  for (const char c : {'/', ':', '@', 'G', '`', 'g', ' ', '\0', '\xff'}) EXPECT_EQ(HexValue(c), -1);
}

TEST(StringsTest, CodePointsCountCharactersNotBytes) {
  EXPECT_EQ(CodePoints("a\xC3\xA9\xF0\x9F\x98\x80"), 3U);
  EXPECT_FALSE(IsValidUtf8("\xC3"));
}

TEST(StringsTest, ACutLeavesNoHalfCharacter) {
  const std::string text = "a\xC3\xA9\xF0\x9F\x98\x80";  // one, two and four bytes

  EXPECT_EQ(FirstCharacters(text, 2), "a\xC3\xA9");
  EXPECT_EQ(FirstCharacters(text, 3), text);
  EXPECT_EQ(FirstCharacters(text, 0), "");
  EXPECT_EQ(FirstBytes(text, 2), "a");
  EXPECT_EQ(FirstBytes(text, 6), "a\xC3\xA9");
  EXPECT_EQ(FirstBytes(text, 7), text);
}

TEST(StringsTest, PrefixEndIsJustBehindAllThatBeginWithIt) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff"), std::nullopt);
  EXPECT_EQ(PrefixEnd(""), std::nullopt);
}

}  // namespace
}  // namespace sagebrush
