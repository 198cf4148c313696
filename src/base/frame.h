// SPDX-License-Identifier: Apache-2.0
// Frames between the server and an instance's agent over a unix stream socket: four bytes of length (big endian), then one
// JSON object; at most one descriptor rides along (SCM_RIGHTS). What is said: docs/formats/agent-protocol.md.
// Sending is safe from several threads only under the caller's lock.
#pragma once

#include <chrono>
#include <optional>

#include "base/fd.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush {

struct Frame {
  Json message;
  UniqueFd fd;  // not valid if none came
};

inline constexpr std::size_t kMaxFrameBytes = 4 << 20;

// On a non-blocking socket: kDeadlineExceeded when the other side takes nothing for that long. Half a frame may then be out.
Status SendFrame(int socket, const Json& message, int fd_to_pass = -1,
                 std::chrono::milliseconds patience = std::chrono::seconds(10));
// kDeadlineExceeded after `timeout` without a frame's first byte; kUnavailable when the other side closed; kInvalidArgument
// for bytes that are no frame. Extra descriptors are closed.
Result<Frame> ReceiveFrame(int socket, std::chrono::milliseconds timeout);

}  // namespace sagebrush
