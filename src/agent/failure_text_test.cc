// SPDX-License-Identifier: Apache-2.0
#include "agent/failure_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"

namespace sagebrush::agent {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(AlgorithmError, OfAScriptHasSageMakersForm) {
  Ending ending;
  ending.exit.code = 1;
  ending.script_command = "/opt/sagebrush/runtime/bin/python train.py --epochs 1";
  ending.last_lines = {"epoch 1", "Traceback (most recent call last):",
                       "  File \"train.py\", line 3, in <module>", "ValueError: x"};

  EXPECT_EQ(AlgorithmError(ending),
            "AlgorithmError: ExecuteUserScriptError:\nCommand \"/opt/sagebrush/runtime/bin/python "
            "train.py --epochs 1\"\n"
            "Traceback (most recent call last):\n  File \"train.py\", line 3, in "
            "<module>\nValueError: x, exit code: 1");
}

TEST(AlgorithmError, KeepsTheEndOfALongTraceback) {
  Ending ending;
  ending.exit.code = 1;
  ending.script_command = "python train.py" + std::string(3000, 'x');
  ending.last_lines = {"Traceback (most recent call last):"};
  for (int i = 0; i < 100; ++i)
    ending.last_lines.push_back("  File \"déjà.py\", line " + std::to_string(i));
  ending.last_lines.push_back("ValueError: the reason");

  const std::string text = AlgorithmError(ending);

  EXPECT_LE(CodePoints(text), kMaxFailureCharacters);
  EXPECT_GE(CodePoints(text), kMaxFailureCharacters - 5);
  EXPECT_TRUE(IsValidUtf8(text));
  EXPECT_THAT(text, HasSubstr("\nTraceback (most recent call last):\n ... \n"));
  EXPECT_THAT(text, EndsWith("ValueError: the reason, exit code: 1"));
}

TEST(AlgorithmError, WithoutATracebackTellsTheLastLines) {
  Ending ending;
  ending.exit.code = 2;
  for (int i = 0; i < 30; ++i) ending.last_lines.push_back("line " + std::to_string(i));

  const std::string text = AlgorithmError(ending);

  EXPECT_THAT(text, StartsWith("AlgorithmError: line 20\n"));
  EXPECT_THAT(text, EndsWith("line 29, exit code: 2"));
}

TEST(AlgorithmError, OfTwoTracebacksTheLastCounts) {
  Ending ending;
  ending.exit.code = 1;
  ending.last_lines = {"Traceback (most recent call last):",
                       "KeyError: 1",
                       "",
                       "During handling of the above exception, another exception occurred:",
                       "",
                       "Traceback (most recent call last):",
                       "ValueError: 2"};

  EXPECT_THAT(AlgorithmError(ending), Not(HasSubstr("KeyError")));
}

TEST(AlgorithmError, OfASignalNamesIt) {
  Ending ending;
  ending.exit = {.code = 139, .signal = 11};

  EXPECT_EQ(
      AlgorithmError(ending),
      "AlgorithmError: the program was ended by signal 11 (Segmentation fault)\n, exit code: 139");
}

TEST(AlgorithmError, OfAFailureFileIsReadableWhateverItHolds) {
  Ending ending;
  ending.exit.code = 1;
  ending.failure_file = std::string("bad\0\xFF", 5) + "\nrow\n" + std::string(5000, 'y');

  const std::string text = AlgorithmError(ending);

  EXPECT_THAT(text, HasSubstr("y, exit code: 1"));
  EXPECT_TRUE(IsValidUtf8(text));
  EXPECT_LE(CodePoints(text), kMaxFailureCharacters);
}

}  // namespace
}  // namespace sagebrush::agent
