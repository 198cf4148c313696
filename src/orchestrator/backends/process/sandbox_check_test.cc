// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/sandbox_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sagebrush::orchestrator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

SandboxFacts Refused(std::string said = "No permissions to create new namespace") {
  SandboxFacts facts;
  facts.has_bwrap = true;
  facts.said = std::move(said);
  facts.max_user_namespaces = 60'000;
  return facts;
}

std::string TextOf(const SandboxFacts& facts) { return Explain(facts).value_or(Trouble{}).Text(); }

TEST(SandboxCheck, WhereItWorksThereIsNothingToSay) {
  SandboxFacts facts = Refused();
  facts.works = true;
  facts.apparmor_restriction = 1;  // a profile lets bubblewrap through

  EXPECT_FALSE(Explain(facts).has_value());
}

TEST(SandboxCheck, EachReasonHasItsOwnRemedy) {
  SandboxFacts missing = Refused("");
  missing.has_bwrap = false;
  SandboxFacts none = Refused();
  none.max_user_namespaces = 0;
  SandboxFacts debian = Refused();
  debian.unprivileged_clone = 0;
  SandboxFacts ubuntu = Refused("setting up uid map: Permission denied");
  ubuntu.apparmor_restriction = 1;

  EXPECT_THAT(TextOf(missing), HasSubstr("apt-get install bubblewrap"));
  EXPECT_THAT(TextOf(none), HasSubstr("sysctl -w user.max_user_namespaces="));
  EXPECT_THAT(TextOf(debian), HasSubstr("sysctl -w kernel.unprivileged_userns_clone=1"));
  EXPECT_THAT(TextOf(ubuntu), AllOf(HasSubstr("apparmor_parser -r /etc/apparmor.d/bwrap"),
                                    HasSubstr("profile bwrap /usr/bin/bwrap")));
}

TEST(SandboxCheck, AContainersOwnWallIsNamedBeforeItsHostsSettings) {
  SandboxFacts facts = Refused();
  facts.in_container = true;
  facts.apparmor_restriction = 1;
  SandboxFacts masked = Refused("Can't mount proc on /newroot/proc: Operation not permitted");
  masked.in_container = true;

  EXPECT_THAT(TextOf(facts), AllOf(HasSubstr("--security-opt seccomp=unconfined"),
                                   Not(HasSubstr("apparmor_parser"))));
  EXPECT_THAT(TextOf(masked), AllOf(HasSubstr("hides parts of /proc"),
                                    HasSubstr("--security-opt systempaths=unconfined")));
}

TEST(SandboxCheck, EveryRefusalSaysWhatBubblewrapSaidAndTheWayWithout) {
  EXPECT_THAT(TextOf(Refused("the reason")),
              AllOf(HasSubstr("it said: the reason"), HasSubstr("--isolation=none")));
}

}  // namespace
}  // namespace sagebrush::orchestrator
