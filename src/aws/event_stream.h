// SPDX-License-Identifier: Apache-2.0
// Event-stream messages (application/vnd.amazon.eventstream): how responses are streamed by
// InvokeEndpointWithResponseStream, S3's SelectObjectContent and logs' StartLiveTail, whose
// handlers, still to be written, will be the first callers. A message is
//   total length, headers length, CRC-32 of these 8 bytes,
//   headers: name length (1), name, type (1), value
//   payload, CRC-32 of everything before
// with all numbers big-endian (Smithy, "Amazon Event Stream Specification"). EncodeMessage is a
// pure function; a MessageDecoder takes bytes as they come, in any cut, keeps at most one message of
// them, and belongs to one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace sagebrush::aws {

struct EventBytes {
  std::string bytes;
  bool operator==(const EventBytes&) const = default;
};

struct EventUuid {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const EventUuid&) const = default;
};

// A header's value. A timestamp counts in milliseconds; text is UTF-8.
using EventValue = std::variant<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                                EventBytes, std::string, TimePoint, EventUuid>;

struct EventHeader {
  std::string name;
  EventValue value;
  bool operator==(const EventHeader&) const = default;
};

struct EventMessage {
  std::vector<EventHeader> headers;
  std::string payload;

  bool operator==(const EventMessage&) const = default;
  // The text of that header; empty if there is none or it is no text.
  std::string_view Text(std::string_view name) const;
};

// What clients accept at most: botocore 1.44.5, and the specification for names and values.
inline constexpr std::size_t kMaxEventHeaders = 128 << 10;
inline constexpr std::size_t kMaxEventPayload = 24 << 20;

// The three kinds of message that a service sends.
EventMessage MakeEvent(std::string_view event_type, std::string_view content_type,
                       std::string payload);
EventMessage MakeExceptionEvent(std::string_view exception_type, std::string_view content_type,
                                std::string payload);
EventMessage MakeErrorEvent(std::string_view code, std::string_view message);

// kInvalidArgument where a part is longer than its length field or the limits allow.
Result<std::string> EncodeMessage(const EventMessage& message);

class MessageDecoder {
 public:
  explicit MessageDecoder(std::size_t max_payload = kMaxEventPayload) : max_payload_(max_payload) {}

  // Takes bytes of `input` off its front and keeps them, at most to the end of one message. That
  // message once it is whole; nothing: all bytes are taken and more are needed. After an error the
  // stream cannot be read further.
  Result<std::optional<EventMessage>> Take(std::string_view* input);
  // Whether the bytes so far end where a message does.
  bool at_boundary() const { return buffer_.empty(); }

 private:
  Status ReadPrelude();

  std::size_t max_payload_;
  std::string buffer_;  // of one message, its beginning
  std::size_t total_ = 0;
  std::size_t headers_ = 0;
};

}  // namespace sagebrush::aws
