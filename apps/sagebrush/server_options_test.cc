// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/server_options.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

namespace sagebrush::apps {
namespace {

std::string Listening(std::string_view text) {
  ServerOptions options;
  const Status parsed = ParseListen(text, &options);
  return parsed.ok() ? options.address + " " + std::to_string(options.port) : "refused";
}

TEST(ParseListen, TakesAddressesAndNames) {
  EXPECT_EQ(Listening("127.0.0.1:7070"), "127.0.0.1 7070");
  EXPECT_EQ(Listening("0.0.0.0:0"), "0.0.0.0 0");
  EXPECT_EQ(Listening("localhost:65535"), "localhost 65535");
  EXPECT_EQ(Listening("[::1]:7070"), "::1 7070");
  EXPECT_EQ(Listening("::1:7070"), "::1 7070");
}

TEST(ParseListen, RefusesWhatNamesNoPortOrNoAddressAndLeavesTheOptionsAlone) {
  for (const char* text : {"", "7070", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", ":7070", "[]:7070",
                           "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 7070", "[::1]"})
    EXPECT_EQ(Listening(text), "refused") << text;
}

// What the command line makes of some words; "" in error.
class Parsed {
 public:
  explicit Parsed(std::vector<std::string> words) {
    AddPathOptions(&app_, &options);
    AddIsolationOption(&app_, &options);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    try {
      app_.parse(std::move(words));
    } catch (const CLI::ParseError& refused) {
      error = refused.what();
    }
  }
  ServerOptions options;
  std::string error;

 private:
  CLI::App app_;
};

TEST(PathOptions, AreTakenAsTheyAreGiven) {
  const Parsed parsed({"--data-dir", "/d", "--cache-dir", "/c", "--runtimes-dir", "/r", "--kit-dir",
                       "/k", "--programs-dir", "/p"});

  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.options.data_folder, "/d");
  EXPECT_EQ(parsed.options.cache_folder, "/c");
  EXPECT_EQ(parsed.options.runtimes_folder, "/r");
  EXPECT_EQ(parsed.options.kit_folder, "/k");
  EXPECT_EQ(parsed.options.programs_folder, "/p");
}

TEST(IsolationOption, IsASandboxUnlessNoneIsSaid) {
  EXPECT_EQ(Parsed({}).options.isolation, orchestrator::Isolation::kSandbox);
  EXPECT_EQ(Parsed({"--isolation=sandbox"}).options.isolation, orchestrator::Isolation::kSandbox);
  EXPECT_EQ(Parsed({"--isolation=none"}).options.isolation, orchestrator::Isolation::kNone);
  EXPECT_NE(Parsed({"--isolation=docker"}).error.find("not 'docker'"), std::string::npos);
}

TEST(FillPaths, KeepsWhatWasGiven) {
  ServerOptions options;
  options.programs_folder = "/p";
  options.cache_folder = "/c";
  options.runtimes_folder = "/r";
  options.kit_folder = "/k";

  ASSERT_TRUE(FillPaths(&options).ok());

  EXPECT_EQ(options.programs_folder, "/p");
  EXPECT_EQ(options.cache_folder, "/c");
  EXPECT_EQ(options.runtimes_folder, "/r");
  EXPECT_EQ(options.kit_folder, "/k");
}

}  // namespace
}  // namespace sagebrush::apps
