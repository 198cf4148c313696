// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/restart_policy.h"

#include <gtest/gtest.h>

namespace sagebrush::apps {
namespace {

using namespace std::chrono_literals;

TEST(RestartPause, IsNoneAfterTheFirstFailureAndDoublesUpToFiveSeconds) {
  const std::chrono::milliseconds expected[] = {0ms,   0ms,    100ms,  200ms, 400ms,
                                                800ms, 1600ms, 3200ms, 5000ms};
  for (int failures = 0; failures < 9; ++failures)
    EXPECT_EQ(RestartPause(failures), expected[failures]) << failures;
}

TEST(RestartPause, StaysAtItsMostHoweverOftenItFails) {
  for (const int failures : {9, 12, 13, 40, 1'000'000, 2'147'483'647})
    EXPECT_EQ(RestartPause(failures), 5000ms) << failures;
}

TEST(ServerExitCode, TellsWhatWouldFailAgainFromWhatMayNot) {
  EXPECT_EQ(ServerExitCode(Status::Ok()), 0);
  for (const Status& status :
       {InvalidArgument("x"), NotFound("x"), AlreadyExists("x"), FailedPrecondition("x"),
        PermissionDenied("x"), Unimplemented("x"), DataLoss("x")})
    EXPECT_EQ(ServerExitCode(status), kRefusedToStart) << status.ToString();
  for (const Status& status : {ResourceExhausted("x"), Unavailable("x"), DeadlineExceeded("x"),
                               Cancelled("x"), Internal("x")})
    EXPECT_EQ(ServerExitCode(status), 1) << status.ToString();
}

}  // namespace
}  // namespace sagebrush::apps
