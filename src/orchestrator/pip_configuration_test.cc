// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/pip_configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Lookup Environment(std::map<std::string, std::string> variables) {
  return [variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

TEST(PipConfiguration, OfFilesAndTheEnvironmentTheStrongerWins) {
  const std::string site =
      "# ours\n[global]\nindex-url = https://site.example/simple\ntimeout: 60\n"
      "trusted-host =\n    a.example\n    "
      "b.example\n[install]\nextra-index-url=https://x.example/\n"
      "[freeze]\nindex-url = https://no.example\n";
  const std::string user = "[install]\nindex-url=https://user.example/simple\n";

  EXPECT_THAT(ReadPipConfiguration(Environment({}), {site}).variables,
              ElementsAre(Pair("PIP_DEFAULT_TIMEOUT", "60"),
                          Pair("PIP_EXTRA_INDEX_URL", "https://x.example/"),
                          Pair("PIP_INDEX_URL", "https://site.example/simple"),
                          Pair("PIP_TRUSTED_HOST", "a.example b.example")));
  EXPECT_EQ(ReadPipConfiguration(Environment({}), {site, user}).variables.at("PIP_INDEX_URL"),
            "https://user.example/simple");
  EXPECT_EQ(
      ReadPipConfiguration(Environment({{"PIP_INDEX_URL", "https://env.example"}}), {site, user})
          .variables.at("PIP_INDEX_URL"),
      "https://env.example");
  EXPECT_THAT(ReadPipConfiguration(Environment({}), {"no ini", "=\n[global\n x"}).variables,
              IsEmpty());
}

TEST(PipConfiguration, WhatAnInstanceMustNotSeeOrCannotUseIsLeftOutAndSaid) {
  const PipConfiguration settings = ReadPipConfiguration(
      Environment({{"PIP_INDEX_URL", "https://me:secret@index.example/simple"},
                   {"PIP_EXTRA_INDEX_URL", "http://127.0.0.1:8080/simple https://b.example/simple"},
                   {"PIP_FIND_LINKS", "/opt/wheels"}}),
      {});

  EXPECT_THAT(settings.variables,
              ElementsAre(Pair("PIP_EXTRA_INDEX_URL", "https://b.example/simple")));
  EXPECT_THAT(settings.left_out,
              ElementsAre(HasSubstr("PIP_INDEX_URL: it holds a password"),
                          HasSubstr("PIP_EXTRA_INDEX_URL: it names this machine's loopback"),
                          HasSubstr("PIP_FIND_LINKS: it names a place on this machine")));
  for (const std::string& sentence : settings.left_out)
    EXPECT_EQ(sentence.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace sagebrush::orchestrator
