// SPDX-License-Identifier: Apache-2.0
// The body's state machine. Chunk sizes are read strictly (hexadecimal digits only, CRLF only): leniency here is how requests
// are smuggled past a proxy.
#include "http/internal/body_decoder.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/strings.h"

namespace sagebrush::http::internal {
namespace {

constexpr std::size_t kMaxOverhead = 16 << 10;  // of a chunk's extension, and of all trailers
constexpr int kMaxSizeDigits = 15;              // no overflow, and no endless zeros

bool IsText(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing) {
  switch (framing.kind) {
    case Framing::Kind::kNone:
      state_ = State::kDone;
      break;
    case Framing::Kind::kLength:
      remaining_ = framing.length;
      state_ = remaining_ == 0 ? State::kDone : State::kData;
      break;
    case Framing::Kind::kChunked:
      state_ = State::kSize;
      break;
    case Framing::Kind::kUntilClose:
      state_ = State::kUntilClose;
      break;
  }
}

std::uint64_t BodyDecoder::direct_bytes() const {
  if (state_ == State::kData || state_ == State::kChunkData) return remaining_;
  if (state_ == State::kUntilClose) return std::numeric_limits<std::uint64_t>::max();
  return 0;
}

void BodyDecoder::Took(std::uint64_t bytes) {
  if (state_ == State::kUntilClose) return;
  remaining_ -= bytes;
  if (remaining_ > 0) return;
  state_ = state_ == State::kData ? State::kDone : State::kDataReturn;
}

void BodyDecoder::InputEnded() {
  if (state_ == State::kUntilClose) {
    state_ = State::kDone;
  } else if (state_ != State::kDone) {
    state_ = State::kBroken;
  }
}

BodyDecoder::Step BodyDecoder::Decode(std::string_view input, char* out, std::size_t size) {
  Step step;
  while (step.consumed < input.size() && !done() && !broken()) {
    if (const std::uint64_t direct = direct_bytes(); direct > 0) {
      const std::uint64_t room =
          std::min<std::uint64_t>(input.size() - step.consumed, size - step.produced);
      const auto count = static_cast<std::size_t>(std::min(direct, room));
      if (count == 0) break;
      std::memcpy(out + step.produced, input.data() + step.consumed, count);
      step.consumed += count;
      step.produced += count;
      Took(count);
      continue;
    }
    state_ = Advance(input[step.consumed++]);
  }
  return step;
}

// One byte of framing.
BodyDecoder::State BodyDecoder::Advance(char c) {
  switch (state_) {
    case State::kSize: {
      const int digit = HexValue(c);
      if (digit >= 0) {
        if (++size_digits_ > kMaxSizeDigits) return State::kBroken;
        remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
        return State::kSize;
      }
      if (size_digits_ == 0) return State::kBroken;
      if (c == '\r') return State::kSizeFeed;
      return c == ';' ? State::kExtension : State::kBroken;
    }
    case State::kExtension:
      if (c == '\r') return State::kSizeFeed;
      return IsText(c) && ++overhead_ <= kMaxOverhead ? State::kExtension : State::kBroken;
    case State::kSizeFeed:
      if (c != '\n') return State::kBroken;
      size_digits_ = 0;
      return remaining_ == 0 ? State::kTrailerStart : State::kChunkData;
    case State::kDataReturn:
      return c == '\r' ? State::kDataFeed : State::kBroken;
    case State::kDataFeed:
      return c == '\n' ? State::kSize : State::kBroken;
    case State::kTrailerStart:
      if (c == '\r') return State::kEndFeed;
      return IsText(c) && c != ' ' && c != '\t' && ++overhead_ <= kMaxOverhead ? State::kTrailer
                                                                               : State::kBroken;
    case State::kTrailer:
      if (c == '\r') return State::kTrailerFeed;
      return IsText(c) && ++overhead_ <= kMaxOverhead ? State::kTrailer : State::kBroken;
    case State::kTrailerFeed:
      return c == '\n' ? State::kTrailerStart : State::kBroken;
    case State::kEndFeed:
      return c == '\n' ? State::kDone : State::kBroken;
    default:
      return State::kBroken;
  }
}

}  // namespace sagebrush::http::internal
