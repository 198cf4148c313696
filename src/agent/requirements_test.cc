// SPDX-License-Identifier: Apache-2.0
#include "agent/requirements.h"

#include <gtest/gtest.h>

namespace sagebrush::agent {
namespace {

std::optional<std::string> Key(const std::string& requirements,
                               const std::string& day = "2026-11-24",
                               const std::string& runtime = "tensorflow-2.19",
                               PackageSet::Variables machine = {},
                               PackageSet::Variables environment = {}) {
  return PackageSetKey({.requirements = requirements,
                        .runtime = runtime,
                        .machine_environment = std::move(machine),
                        .environment = std::move(environment),
                        .day = day});
}

std::optional<std::string> KeyIn(PackageSet::Variables environment) {
  return Key("a==1", "2026-11-24", "tensorflow-2.19", {}, std::move(environment));
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

TEST(PackageSetKey, DependsOnTextRuntimeAndVariables) {
  EXPECT_NE(Key("a==1"), Key("a==2"));
  EXPECT_NE(Key("a==1"), Key("a==1", "2026-11-24", "tensorflow-2.15"));
  EXPECT_NE(Key("a==1"),
            Key("a==1", "2026-11-24", "tensorflow-2.19", {{"PIP_INDEX_URL", "https://x"}}));
  EXPECT_NE(Key("a==1"), KeyIn({{"LEVEL", "1"}}));
  EXPECT_NE(KeyIn({{"A", "1"}, {"B", "2"}}), KeyIn({{"A", "11:B1:2"}}));
  EXPECT_EQ(KeyIn({{"A", "1"}, {"B", "2"}}), KeyIn({{"B", "2"}, {"A", "1"}}));
}

TEST(PackageSetKey, AnUnknownRuntimeHasNone) {
  EXPECT_FALSE(Key("a==1", "2026-11-24", "").has_value());
}

TEST(PackageSetKey, VariablesThatCouldRunOrReadTheJobsOwnFilesPreventIt) {
  using Variable = std::pair<std::string, std::string>;
  for (const Variable& variable :
       std::initializer_list<Variable>{{"PYTHONPATH", "code"},
                                       {"LD_PRELOAD", "x.so"},
                                       {"PATH", "x"},
                                       {"PIP_CONSTRAINT", "constraints.txt"},
                                       {"PIP_CONFIG_FILE", "x"},
                                       {"PIP_FIND_LINKS", "https://host/wheels"},
                                       {"PIP_REQUIREMENT", "x"},
                                       {"HOME", "x"},
                                       {"XDG_CONFIG_HOME", "x"},
                                       {"CC", "/opt/ml/code/cc"},
                                       {"CFLAGS", "-I/opt/ml/code"},
                                       {"BASH_ENV", "../../code/x"},
                                       {"A", "https://x:/opt/ml/code"}})
    EXPECT_FALSE(KeyIn({variable}).has_value()) << variable.first << "=" << variable.second;
  for (const Variable& variable :
       std::initializer_list<Variable>{{"LEVEL", "info"}, {"DATA", "s3://bucket/key"}})
    EXPECT_TRUE(KeyIn({variable}).has_value()) << variable.first;
}

TEST(PackageSetKey, HashesOptionsAndContinuedLinesAreFine) {
  const std::string text =
      "--index-url https://index.example/simple\n--extra-index-url=https://b.example/simple\n"
      "--only-binary :all:\na==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n";
  ASSERT_TRUE(Key(text).has_value());
  EXPECT_EQ(Key(text, "2026-11-24"), Key(text, "2026-11-25"));
}

TEST(PackageSetKey, WhatOnlyThisJobHasIsNeverShared) {
  for (const char* local : {"-r other.txt",
                            "-c constraints.txt",
                            "-e .",
                            "--find-links wheels",
                            "-f wheels",
                            ".",
                            "./package",
                            "../package",
                            "/opt/ml/code/package",
                            "package.whl",
                            "wheels/a-1.whl",
                            "file:///opt/ml/code/a",
                            "git+https://host/a.git",
                            "a @ file:///opt/ml/code/a",
                            "a @ https://host/a.tar.gz",
                            "--index-url https://${TOKEN}@host/simple",
                            "a==1 \\",
                            "mypkg-1.0.tar.bz2",
                            "a.tgz",
                            "a.tbz",
                            "a.tar.xz",
                            "a.txz",
                            "a.tlz",
                            "a.tar.lz",
                            "a.tar.lzma",
                            "a.tar",
                            "A.ZIP",
                            "x.whl[extra]",
                            "x.tar.gz [extra]",
                            "a==1 -e .",
                            "a==1 --find-links wheels",
                            "--no-index --find-links wheels",
                            "-i /opt/ml/code/index",
                            "--index-url=file:///opt/ml/code/index",
                            "--pre -r other.txt"}) {
    EXPECT_FALSE(Key(local).has_value()) << local;
  }
}

}  // namespace
}  // namespace sagebrush::agent
