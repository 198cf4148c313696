// SPDX-License-Identifier: Apache-2.0
// Finds the end of a message's body and takes HTTP's chunking off, byte by byte or in big steps. No I/O in here: the blocking
// handler side, the client and the event loop's draining all drive the same machine. One thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "http/internal/head_parser.h"

namespace sagebrush::http::internal {

class BodyDecoder {
 public:
  explicit BodyDecoder(Framing framing = {});

  // Eats from `input`, writes body bytes to `out`. Stops at the end of the body, of the input, or when `out` is full.
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  Step Decode(std::string_view input, char* out, std::size_t size);

  bool done() const { return state_ == State::kDone; }
  bool broken() const { return state_ == State::kBroken; }

  // So many bytes next on the wire are plain body and may be read straight into the reader's buffer, then told by Took.
  std::uint64_t direct_bytes() const;
  void Took(std::uint64_t bytes);
  // The peer closed: the end of a body that lasts until then, else a broken one.
  void InputEnded();
  // Body bytes still to come, where that is known.
  std::uint64_t remaining() const { return remaining_; }

 private:
  enum class State {
    kData,
    kUntilClose,
    kSize,
    kExtension,
    kSizeFeed,
    kChunkData,
    kDataReturn,
    kDataFeed,
    kTrailerStart,
    kTrailer,
    kTrailerFeed,
    kEndFeed,
    kDone,
    kBroken
  };
  State Advance(char c);

  State state_ = State::kDone;
  std::uint64_t remaining_ = 0;
  int size_digits_ = 0;
  std::size_t overhead_ = 0;  // bytes of the extension or trailers so far
};

}  // namespace sagebrush::http::internal
