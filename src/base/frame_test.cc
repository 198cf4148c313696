// SPDX-License-Identifier: Apache-2.0
#include "base/frame.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/unix_socket.h"

namespace sagebrush {
namespace {

constexpr std::chrono::milliseconds kSoon{2000};

class FrameTest : public ::testing::Test {
 protected:
  FrameTest() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    left_.Reset(pair[0]);
    right_.Reset(pair[1]);
  }
  UniqueFd left_, right_;
};

TEST_F(FrameTest, FramesArriveWholeAndInOrder) {
  ASSERT_TRUE(SendFrame(left_.get(), Json::Object({{"type", "a"}, {"n", 1}})).ok());
  ASSERT_TRUE(SendFrame(left_.get(), Json::Object({{"type", "b"}})).ok());

  EXPECT_EQ(ReceiveFrame(right_.get(), kSoon)->message.GetInt("n"), 1);
  EXPECT_EQ(ReceiveFrame(right_.get(), kSoon)->message.GetString("type"), "b");
}

TEST_F(FrameTest, ADescriptorRidesAlong) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const UniqueFd read_end(pipe_fds[0]), write_end(pipe_fds[1]);

  ASSERT_TRUE(SendFrame(left_.get(), Json::Object({{"type", "dialled"}}), write_end.get()).ok());
  auto frame = ReceiveFrame(right_.get(), kSoon);

  ASSERT_TRUE(frame.ok());
  ASSERT_TRUE(frame->fd.valid());
  ASSERT_TRUE(WriteAll(frame->fd.get(), "x").ok());
  char byte = 0;
  EXPECT_EQ(::read(read_end.get(), &byte, 1), 1);
  EXPECT_EQ(byte, 'x');
}

TEST_F(FrameTest, SilenceIsADeadlineAndAClosedSideIsUnavailable) {
  EXPECT_EQ(ReceiveFrame(right_.get(), std::chrono::milliseconds(1)).status().code(),
            Code::kDeadlineExceeded);
  left_.Reset();
  EXPECT_EQ(ReceiveFrame(right_.get(), kSoon).status().code(), Code::kUnavailable);
}

TEST_F(FrameTest, OneWhoDoesNotReadHoldsNobodyUp) {
  ASSERT_EQ(::fcntl(left_.get(), F_SETFL, O_NONBLOCK), 0);
  const Json big = Json::Object({{"type", std::string(kMaxFrameBytes / 2, 'x')}});

  EXPECT_EQ(SendFrame(left_.get(), big, -1, std::chrono::milliseconds(1)).code(),
            Code::kDeadlineExceeded);
}

TEST_F(FrameTest, RefusesHugeLengthsAndWhatIsNoObject) {
  ASSERT_TRUE(WriteAll(left_.get(), std::string_view("\xff\xff\xff\xff", 4)).ok());
  EXPECT_EQ(ReceiveFrame(right_.get(), kSoon).status().code(), Code::kInvalidArgument);

  ASSERT_TRUE(WriteAll(left_.get(), std::string_view("\0\0\0\2[]", 6)).ok());
  EXPECT_EQ(ReceiveFrame(right_.get(), kSoon).status().code(), Code::kInvalidArgument);
}

TEST(UnixSocketTest, ListensAtPathsLongerThanAnAddressHolds) {
  const TempFolder folder = TempFolder::Create().value();
  const fs::path deep = folder.path() / std::string(120, 'd');
  fs::create_directories(deep);

  const auto listener = ListenUnixSocket(deep / "control.sock");
  const auto again = ListenUnixSocket(deep / "control.sock");

  EXPECT_TRUE(listener.ok()) << listener.status().ToString();
  EXPECT_TRUE(again.ok());
  EXPECT_TRUE(fs::is_socket(deep / "control.sock"));
}

}  // namespace
}  // namespace sagebrush
