// SPDX-License-Identifier: Apache-2.0
#include "agent/requirements.h"

#include <gtest/gtest.h>

namespace sagebrush::agent {
namespace {

std::optional<std::string> Key(const std::string& requirements,
                               const std::string& day = "2026-11-24",
                               const std::string& runtime = "tensorflow-2.19",
                               std::vector<std::string> settings = {}) {
  return PackageSetKey({.requirements = requirements,
                        .runtime = runtime,
                        .settings = std::move(settings),
                        .day = day});
}

TEST(PackageSetKey, PinnedPackagesKeepTheirKeyAndOthersGetOneADay) {
  const std::string pinned = "requests[socks]==2.32.3 ; python_version > '3'  # why\r\n\n# end\n";
  EXPECT_EQ(Key(pinned, "2026-11-24"), Key(pinned, "2026-11-25"));
  EXPECT_EQ(Key(pinned)->size(), 64U);

  for (const char* open : {"requests", "requests>=2", "requests==2.*", "requests~=2.0",
                           "a==1\nrequests>=2,<3", "requests==2,!=2.1"}) {
    ASSERT_TRUE(Key(open).has_value()) << open;
    EXPECT_NE(Key(open, "2026-11-24"), Key(open, "2026-11-25")) << open;
    EXPECT_EQ(Key(open), Key(open)) << open;
  }
}

TEST(PackageSetKey, DependsOnTextRuntimeAndSettings) {
  EXPECT_NE(Key("a==1"), Key("a==2"));
  EXPECT_NE(Key("a==1"), Key("a==1", "2026-11-24", "tensorflow-2.15"));
  EXPECT_NE(Key("a==1"), Key("a==1", "2026-11-24", "tensorflow-2.19", {"PIP_INDEX_URL=https://x"}));
}

TEST(PackageSetKey, HashesOptionsAndContinuedLinesAreFine) {
  const std::string text =
      "--index-url https://index.example/simple\n--extra-index-url=https://b.example/simple\n"
      "--only-binary :all:\na==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n";
  ASSERT_TRUE(Key(text).has_value());
  EXPECT_EQ(Key(text, "2026-11-24"), Key(text, "2026-11-25"));
}

TEST(PackageSetKey, WhatOnlyThisJobHasIsNeverShared) {
  for (const char* local :
       {"-r other.txt", "-c constraints.txt", "-e .", "--find-links wheels", "-f wheels", ".",
        "./package", "../package", "/opt/ml/code/package", "package.whl", "wheels/a-1.whl",
        "file:///opt/ml/code/a", "git+https://host/a.git", "a @ file:///opt/ml/code/a",
        "a @ https://host/a.tar.gz", "--index-url https://${TOKEN}@host/simple", "a==1 \\"}) {
    EXPECT_FALSE(Key(local).has_value()) << local;
  }
}

}  // namespace
}  // namespace sagebrush::agent
