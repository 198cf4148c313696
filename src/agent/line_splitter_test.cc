// SPDX-License-Identifier: Apache-2.0
#include "agent/line_splitter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "base/strings.h"

namespace sagebrush::agent {
namespace {

using ::testing::ElementsAre;

class LineSplitterTest : public ::testing::Test {
 protected:
  std::vector<std::string> lines_;
  LineSplitter splitter_{[this](std::string line) { lines_.push_back(std::move(line)); }};
};

TEST_F(LineSplitterTest, LinesMayComeInAnyPieces) {
  for (const char* piece : {"on", "e\ntw", "o\r\n", "\nthree\nfo", "ur"}) splitter_.Feed(piece);
  splitter_.Finish();

  EXPECT_THAT(lines_, ElementsAre("one", "two", "", "three", "four"));
}

TEST_F(LineSplitterTest, ControlCharactersShowAsInSageMakersLogs) {
  splitter_.Feed("[0]\ttrain-rmse:8.1\n\x1b[32mgreen\x1b[0m\n 1/10\b\b\b\b\b 2/10\r 3/10\n");

  EXPECT_THAT(lines_, ElementsAre("[0]#011train-rmse:8.1", "#033[32mgreen#033[0m",
                                  " 1/10#010#010#010#010#010 2/10#015 3/10"));
}

TEST_F(LineSplitterTest, InvalidUtf8IsReplaced) {
  splitter_.Feed(
      "gr\xC3\xBC\xC3\x9F"
      "e \xFF\xC3 \xED\xA0\x80 \xF0\x9F\x98\x80\n");

  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0],
            "gr\xC3\xBC\xC3\x9F"
            "e \xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x98\x80");
  EXPECT_TRUE(IsValidUtf8(lines_[0]));
}

TEST_F(LineSplitterTest, AnEndlessLineIsCutBetweenCharacters) {
  std::string text;
  while (text.size() < 2 * kMaxLineBytes + 10)
    text +=
        "\xC3\xBC"
        "a";  // three bytes a step: a cut falls inside now and then
  for (std::size_t at = 0; at < text.size(); at += 1000)
    splitter_.Feed(std::string_view(text).substr(at, 1000));
  splitter_.Finish();

  ASSERT_EQ(lines_.size(), 3u);
  for (const std::string& line : lines_) {
    EXPECT_LE(line.size(), kMaxLineBytes);
    EXPECT_TRUE(IsValidUtf8(line));
    EXPECT_EQ(line.find("\xEF\xBF\xBD"), std::string::npos);
  }
  EXPECT_EQ(Join(lines_, ""), text);
}

TEST_F(LineSplitterTest, EscapesDoNotBreakTheBound) {
  splitter_.Feed(std::string(kMaxLineBytes, '\x01') + "\n");

  ASSERT_EQ(lines_.size(), 4u);
  for (const std::string& line : lines_) EXPECT_LE(line.size(), kMaxLineBytes);
}

TEST_F(LineSplitterTest, AProgressBarShowsWhatItHasFinished) {
  splitter_.Feed(" 10%|#   |\r 20%|##  |\r 30%");
  splitter_.Stale();
  splitter_.Stale();
  splitter_.Feed("|### |\r100%|####|\n");

  EXPECT_THAT(lines_, ElementsAre(" 10%|#   |#015 20%|##  |", "#015 30%|### |#015100%|####|"));
}

}  // namespace
}  // namespace sagebrush::agent
