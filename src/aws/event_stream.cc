// SPDX-License-Identifier: Apache-2.0
#include "aws/event_stream.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

constexpr std::size_t kPrelude = 12;  // two lengths and their checksum
constexpr std::size_t kCrc = 4;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxValue = std::numeric_limits<std::int16_t>::max();

enum ValueType : std::uint8_t {
  kTrue,
  kFalse,
  kByte,
  kShort,
  kInteger,
  kLong,
  kByteArray,
  kString,
  kTimestamp,
  kUuid,
};

template <typename T>
void AppendNumber(T number, std::string* out) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(number);
  for (int shift = static_cast<int>(sizeof(T) - 1) * 8; shift >= 0; shift -= 8)
    out->push_back(static_cast<char>((bits >> shift) & 0xFF));
}

// `bytes` has exactly as many as T.
template <typename T>
T ToNumber(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<unsigned char>(byte);
  return static_cast<T>(bits);
}

std::uint32_t Word(std::string_view bytes, std::size_t at) {
  return ToNumber<std::uint32_t>(bytes.substr(at, 4));
}

Status AppendBlob(ValueType type, std::string_view bytes, std::string* out) {
  if (bytes.size() > kMaxValue)
    return InvalidArgument("an event header's value has more than 32767 bytes");
  out->push_back(static_cast<char>(type));
  AppendNumber(static_cast<std::uint16_t>(bytes.size()), out);
  out->append(bytes);
  return Status::Ok();
}

Status AppendValue(const EventValue& value, std::string* out) {
  const auto number = [&](ValueType type, auto n) {
    out->push_back(static_cast<char>(type));
    AppendNumber(n, out);
    return Status::Ok();
  };
  return std::visit(
      [&](const auto& v) -> Status {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, bool>) {
          out->push_back(static_cast<char>(v ? kTrue : kFalse));
          return Status::Ok();
        } else if constexpr (std::is_same_v<T, std::int8_t>) {
          return number(kByte, v);
        } else if constexpr (std::is_same_v<T, std::int16_t>) {
          return number(kShort, v);
        } else if constexpr (std::is_same_v<T, std::int32_t>) {
          return number(kInteger, v);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return number(kLong, v);
        } else if constexpr (std::is_same_v<T, EventBytes>) {
          return AppendBlob(kByteArray, v.bytes, out);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return AppendBlob(kString, v, out);
        } else if constexpr (std::is_same_v<T, TimePoint>) {
          return number(kTimestamp, ToMillis(v));
        } else {
          out->push_back(static_cast<char>(kUuid));
          for (const std::uint8_t byte : v.bytes) out->push_back(static_cast<char>(byte));
          return Status::Ok();
        }
      },
      value);
}

// Reads a message's headers off their front.
class HeaderReader {
 public:
  explicit HeaderReader(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }

  Result<EventHeader> Next() {
    EventHeader header;
    ASSIGN_OR_RETURN(const std::size_t name_size, Number<std::uint8_t>());
    ASSIGN_OR_RETURN(const std::string_view name, Bytes(name_size));
    if (name.empty() || !IsValidUtf8(name)) return InvalidArgument("an event header has no name");
    header.name = name;
    ASSIGN_OR_RETURN(header.value, Value());
    return header;
  }

 private:
  Result<std::string_view> Bytes(std::size_t count) {
    if (rest_.size() < count) return InvalidArgument("an event header is cut short");
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  template <typename T>
  Result<T> Number() {
    ASSIGN_OR_RETURN(const std::string_view bytes, Bytes(sizeof(T)));
    return ToNumber<T>(bytes);
  }

  template <typename T>
  Result<EventValue> NumberValue() {
    ASSIGN_OR_RETURN(const T number, Number<T>());
    return EventValue(number);
  }

  Result<std::string_view> Blob() {
    ASSIGN_OR_RETURN(const std::size_t size, Number<std::uint16_t>());
    return Bytes(size);
  }

  Result<EventValue> Value() {
    ASSIGN_OR_RETURN(const std::uint8_t type, Number<std::uint8_t>());
    switch (type) {
      case kTrue:
      case kFalse:
        return EventValue(type == kTrue);
      case kByte:
        return NumberValue<std::int8_t>();
      case kShort:
        return NumberValue<std::int16_t>();
      case kInteger:
        return NumberValue<std::int32_t>();
      case kLong:
        return NumberValue<std::int64_t>();
      case kByteArray: {
        ASSIGN_OR_RETURN(const std::string_view bytes, Blob());
        return EventValue(EventBytes{std::string(bytes)});
      }
      case kString: {
        ASSIGN_OR_RETURN(const std::string_view text, Blob());
        if (!IsValidUtf8(text)) return InvalidArgument("an event header's text is not UTF-8");
        return EventValue(std::string(text));
      }
      case kTimestamp: {
        ASSIGN_OR_RETURN(const std::int64_t millis, Number<std::int64_t>());
        // Beyond this no clock of ours goes, and nobody's.
        if (millis > kMaxMillis || millis < -kMaxMillis)
          return InvalidArgument("an event header's time is out of range");
        return EventValue(FromMillis(millis));
      }
      case kUuid: {
        EventUuid uuid;
        ASSIGN_OR_RETURN(const std::string_view bytes, Bytes(uuid.bytes.size()));
        std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
        return EventValue(uuid);
      }
      default:
        return InvalidArgument("an event header is of unknown type " + std::to_string(type));
    }
  }

  // The year 9999.
  static constexpr std::int64_t kMaxMillis = 253'402'300'799'999;

  std::string_view rest_;
};

EventHeader TextHeader(std::string_view name, std::string_view text) {
  return {std::string(name), std::string(text)};
}

EventMessage MakeMessage(std::string_view kind, std::string_view type,
                         std::string_view content_type, std::string payload) {
  return {.headers = {TextHeader(":message-type", kind),
                      TextHeader(kind == "event" ? ":event-type" : ":exception-type", type),
                      TextHeader(":content-type", content_type)},
          .payload = std::move(payload)};
}

}  // namespace

std::string_view EventMessage::Text(std::string_view name) const {
  for (const EventHeader& header : headers)
    if (header.name == name)
      if (const auto* text = std::get_if<std::string>(&header.value)) return *text;
  return {};
}

EventMessage MakeEvent(std::string_view event_type, std::string_view content_type,
                       std::string payload) {
  return MakeMessage("event", event_type, content_type, std::move(payload));
}

EventMessage MakeExceptionEvent(std::string_view exception_type, std::string_view content_type,
                                std::string payload) {
  return MakeMessage("exception", exception_type, content_type, std::move(payload));
}

EventMessage MakeErrorEvent(std::string_view code, std::string_view message) {
  return {.headers = {TextHeader(":message-type", "error"), TextHeader(":error-code", code),
                      TextHeader(":error-message", message)},
          .payload = {}};
}

Result<std::string> EncodeMessage(const EventMessage& message) {
  std::string headers;
  for (const EventHeader& header : message.headers) {
    if (header.name.empty() || header.name.size() > kMaxName)
      return InvalidArgument("an event header's name has 1 to 255 bytes");
    headers.push_back(static_cast<char>(header.name.size()));
    headers.append(header.name);
    RETURN_IF_ERROR(AppendValue(header.value, &headers));
  }
  if (headers.size() > kMaxEventHeaders)
    return InvalidArgument("an event's headers have more than 128 KiB");
  if (message.payload.size() > kMaxEventPayload)
    return InvalidArgument("an event's payload has more than 24 MiB");
  const std::size_t total = kPrelude + headers.size() + message.payload.size() + kCrc;
  std::string out;
  out.reserve(total);
  AppendNumber(static_cast<std::uint32_t>(total), &out);
  AppendNumber(static_cast<std::uint32_t>(headers.size()), &out);
  AppendNumber(Crc32(0, out), &out);
  out.append(headers).append(message.payload);
  AppendNumber(Crc32(0, out), &out);
  return out;
}

// Believed only once its checksum is right, so that a broken length makes nobody wait for ever.
Status MessageDecoder::ReadPrelude() {
  if (Crc32(0, std::string_view(buffer_).substr(0, 8)) != Word(buffer_, 8))
    return InvalidArgument("an event's prelude has a wrong checksum");
  total_ = Word(buffer_, 0);
  headers_ = Word(buffer_, 4);
  if (headers_ > kMaxEventHeaders) return InvalidArgument("an event's headers are too long");
  if (total_ < kPrelude + headers_ + kCrc)
    return InvalidArgument("an event is shorter than its parts");
  if (total_ - kPrelude - headers_ - kCrc > max_payload_)
    return InvalidArgument("an event's payload is too long");
  return Status::Ok();
}

Result<std::optional<EventMessage>> MessageDecoder::Take(std::string_view* input) {
  const auto fill = [&](std::size_t size) {
    const std::size_t count = std::min(size - std::min(size, buffer_.size()), input->size());
    buffer_.append(input->substr(0, count));
    input->remove_prefix(count);
    return buffer_.size() >= size;
  };
  if (buffer_.size() < kPrelude) {
    if (!fill(kPrelude)) return std::optional<EventMessage>();
    RETURN_IF_ERROR(ReadPrelude());
  }
  if (!fill(total_)) return std::optional<EventMessage>();
  const std::string_view whole = buffer_;
  const std::size_t end = total_ - kCrc;
  if (Crc32(0, whole.substr(0, end)) != Word(whole, end))
    return InvalidArgument("an event has a wrong checksum");
  EventMessage message;
  HeaderReader headers(whole.substr(kPrelude, headers_));
  while (!headers.AtEnd()) {
    ASSIGN_OR_RETURN(EventHeader header, headers.Next());
    if (std::any_of(message.headers.begin(), message.headers.end(),
                    [&](const EventHeader& other) { return other.name == header.name; }))
      return InvalidArgument("an event has two headers of one name");
    message.headers.push_back(std::move(header));
  }
  message.payload = whole.substr(kPrelude + headers_, end - kPrelude - headers_);
  buffer_.clear();
  return std::optional(std::move(message));
}

}  // namespace sagebrush::aws
