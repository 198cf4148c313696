// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <gtest/gtest.h>

namespace sagebrush {
namespace {

TEST(JsonTest, KeepsTheOrderOfMembers) {
  const auto json = Json::Parse(R"({"b":1,"a":[true,null,"x"],"c":{"d":-2.5}})");

  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->Dump(), R"({"b":1,"a":[true,null,"x"],"c":{"d":-2.5}})");
}

TEST(JsonTest, DoublesReadBackToTheSameBits) {
  for (const double value : {0.1, 1e300, -1.0 / 3, 5e-324, 1795551460.123}) {
    const auto back = Json::Parse(Json(value).Dump());

    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->AsDouble(), value);
  }
}

TEST(JsonTest, EscapesControlCharactersAndKeepsUtf8) {
  const std::string text = "a\"b\\\n\x01 \xC3\xA9";

  const std::string dumped = Json(text).Dump();

  EXPECT_EQ(dumped, "\"a\\\"b\\\\\\n\\u0001 \xC3\xA9\"");
  EXPECT_EQ(Json::Parse(dumped)->AsString(), text);
}

TEST(JsonTest, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{\"a\":}", "[1,]", "nul", "1 2", "\"\xff\"", "{\"a\":1}x"})
    EXPECT_EQ(Json::Parse(text).status().code(), Code::kInvalidArgument) << text;
}

TEST(JsonTest, RefusesNestingBeyondItsDepth) {
  EXPECT_FALSE(Json::Parse(std::string(100'000, '[')).ok());
  EXPECT_FALSE(Json::Parse(std::string(300, '[') + std::string(300, ']')).ok());
}

TEST(JsonTest, LooksUpWithoutThrowing) {
  const Json json = Json::Object({{"n", 3}, {"s", "x"}, {"b", true}});

  EXPECT_EQ(json.GetInt("n"), 3);
  EXPECT_EQ(json.GetInt("s", 7), 7);
  EXPECT_EQ(json.GetString("missing", "d"), "d");
  EXPECT_TRUE(json.GetBool("b"));
  EXPECT_EQ(Json("text").Find("n"), nullptr);
}

TEST(JsonTest, NullBecomesWhatIsPutIntoIt) {
  Json object, array;
  object["a"] = 1;
  array.Append(2);

  EXPECT_EQ(object.Dump(), "{\"a\":1}");
  EXPECT_EQ(array.Dump(), "[2]");
  EXPECT_TRUE(object.Remove("a"));
  EXPECT_FALSE(object.Remove("a"));
}

}  // namespace
}  // namespace sagebrush
