// SPDX-License-Identifier: Apache-2.0
// Blocking reads and writes on a transport, by poll() with a deadline: what handlers' workers and the client use.
// kDeadlineExceeded when the time is over, kUnavailable when the peer is gone. One thread at a time for each transport.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "base/thread_pool.h"
#include "http/internal/body_decoder.h"
#include "http/internal/transport.h"

namespace sagebrush::http::internal {

// How long an operation may take: until `end`, which moves on by `stall` with every byte that moves (if not 0).
struct Patience {
  SteadyTime end;
  std::chrono::milliseconds stall{0};
  ThreadPool* pool = nullptr;  // whose task it is that waits: its place is lent meanwhile

  static Patience Until(SteadyTime end) { return {end}; }
  static Patience Stall(std::chrono::milliseconds stall, ThreadPool* pool = nullptr);
  void Progress();
};

// Waits until the socket is ready for what `wanted` (kWantRead, kWantWrite) says.
Status WaitReady(int fd, Io::Kind wanted, const Patience& patience);
inline Status WaitReady(int fd, Io::Kind wanted, SteadyTime end) {
  return WaitReady(fd, wanted, Patience::Until(end));
}

// Some bytes; 0 when the peer has closed its side.
Result<std::size_t> ReadSome(Transport* transport, char* data, std::size_t size, Patience patience);
Status WriteAll(Transport* transport, std::string_view data, bool more, Patience patience);
// Writes what goes at once and returns how much that was.
Result<std::size_t> WriteNow(Transport* transport, std::string_view data, bool more);
// By sendfile where the transport is plain.
Status WriteFile(Transport* transport, int file, std::uint64_t offset, std::uint64_t length,
                 Patience patience);

// Body bytes without their framing, as far as they are there; kEnd at the end. `input` is what was read beyond the head.
Result<Io> TryReadBody(Transport* transport, InputBuffer* input, BodyDecoder* decoder, char* data,
                       std::size_t size);
// The same, but waits for some; 0 at the end.
Result<std::size_t> ReadBody(Transport* transport, InputBuffer* input, BodyDecoder* decoder,
                             char* data, std::size_t size, Patience patience);

}  // namespace sagebrush::http::internal
