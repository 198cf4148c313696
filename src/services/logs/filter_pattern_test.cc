// SPDX-License-Identifier: Apache-2.0
#include "services/logs/filter_pattern.h"

#include <gtest/gtest.h>

namespace sagebrush::services::logs {
namespace {

bool Matches(std::string_view pattern, std::string_view message) {
  const auto parsed = FilterPattern::Parse(pattern);
  EXPECT_TRUE(parsed.ok()) << parsed.status().ToString();
  return parsed.ok() && parsed->Matches(message);
}

TEST(FilterPattern, AnEmptyPatternMatchesEverything) {
  EXPECT_TRUE(Matches("", ""));
  EXPECT_TRUE(Matches("  ", "anything"));
}

TEST(FilterPattern, AllTermsMustStandThereInAnyOrder) {
  EXPECT_TRUE(Matches("ERROR", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(Matches("REQUEST ERROR", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(Matches("ERROR 401", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(Matches("error", "[ERROR 400] BAD REQUEST"));
}

TEST(FilterPattern, TermsAreWholeWords) {
  EXPECT_FALSE(Matches("AUTHORIZED", "[ERROR 401] UNAUTHORIZED REQUEST"));
  EXPECT_TRUE(Matches("AUTHORIZED", "UNAUTHORIZED, then AUTHORIZED"));
  EXPECT_TRUE(Matches("epoch", "epoch:1"));
  EXPECT_TRUE(Matches("größe", "die größe"));
}

TEST(FilterPattern, QuotedPhrasesAreExact) {
  EXPECT_TRUE(Matches("\"BAD REQUEST\"", "[ERROR 400] BAD REQUEST"));
  EXPECT_FALSE(Matches("\"REQUEST BAD\"", "[ERROR 400] BAD REQUEST"));
  EXPECT_TRUE(Matches("\"[ERROR\"", "[ERROR 400]"));
  EXPECT_TRUE(Matches(R"("say \"hi\"")", "they say \"hi\""));
}

TEST(FilterPattern, ExclusionsAndAlternatives) {
  EXPECT_TRUE(Matches("ERROR -ARGUMENTS", "ERROR BAD REQUEST"));
  EXPECT_FALSE(Matches("ERROR -ARGUMENTS", "ERROR INVALID ARGUMENTS"));
  EXPECT_FALSE(Matches("-\"two words\"", "with two words"));
  EXPECT_TRUE(Matches("?ERROR ?WARN", "WARN low"));
  EXPECT_FALSE(Matches("?ERROR ?WARN", "INFO"));
  EXPECT_TRUE(Matches("INFO ?WARN", "INFO only"));  // beside other terms, ? is ignored
}

TEST(FilterPattern, RefusesWhatItDoesNotKnow) {
  for (const char* pattern :
       {"{ $.level = \"x\" }", "[ip, user]", "%re%", "\"open", "a.b", "-", "?", "\"\""})
    EXPECT_EQ(FilterPattern::Parse(pattern).status().code(), Code::kInvalidArgument) << pattern;
  EXPECT_EQ(FilterPattern::Parse("a.b").status().message(), "Invalid character(s) in term 'a.b'");
}

}  // namespace
}  // namespace sagebrush::services::logs
