// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.h"

#include <csignal>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sagebrush {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;

TEST(RunChildTest, MoreThanAPipeHoldsGoesInAndComesBack) {
  const std::string text(1 << 20, 'x');

  const auto outcome = RunChild({"cat"}, text, 1min);

  ASSERT_TRUE(outcome.ok()) << outcome.status().ToString();
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_EQ(outcome->output, text);
}

TEST(RunChildTest, ASignalShowsAsTheShellShowsIt) {
  const auto outcome = RunChild({"sh", "-c", "kill -9 $$"}, "", 1min);

  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->exit_code, 128 + SIGKILL);
}

TEST(RunChildTest, WhatDoesNotEndIsKilledWithItsChildren) {
  const auto outcome = RunChild({"sh", "-c", "sleep 600 & sleep 600"}, "", 50ms);

  EXPECT_EQ(outcome.status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ(outcome.status().message(), "sh: it does not end");
}

TEST(RunChildTest, AProgramThatIsNotThereIsNamed) {
  const auto outcome = RunChild({"/nonexistent/program"}, "", 1min);

  EXPECT_EQ(outcome.status().code(), Code::kNotFound);
  EXPECT_NE(outcome.status().message().find("/nonexistent/program"), std::string::npos);
}

TEST(StartChildTest, ErrorsComeWithTheOutputWhenAsked) {
  auto child = StartChild({"sh", "-c", "echo said >&2"}, StandardError::kWithOutput);
  ASSERT_TRUE(child.ok());
  char buffer[16] = {};

  const auto count = ::read(child->output.get(), buffer, sizeof buffer);

  EXPECT_EQ(std::string(buffer, static_cast<std::size_t>(count)), "said\n");
  EXPECT_EQ(WaitForExit(child->pid), 0);
}

}  // namespace
}  // namespace sagebrush
