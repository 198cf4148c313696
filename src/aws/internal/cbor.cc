// SPDX-License-Identifier: Apache-2.0
#include "aws/internal/cbor.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

// As deep as base/json.h goes.
constexpr std::size_t kMaxDepth = 256;

// RFC 8949, section 3.1.
enum Major : unsigned {
  kUnsigned,
  kNegativeInt,
  kByteString,
  kTextString,
  kArrayOf,
  kMapOf,
  kTagOf
};
constexpr unsigned kSimple = 7;
constexpr unsigned kIndefinite = 31;
constexpr char kBreak = static_cast<char>(0xFF);

Status Truncated() { return InvalidArgument("not CBOR: it ends in the middle of an item"); }

// RFC 8949, appendix D.
double HalfToDouble(std::uint64_t half) {
  const int exponent = static_cast<int>((half >> 10) & 0x1F);
  const auto mantissa = static_cast<double>(half & 0x3FF);
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  }
  return (half & 0x8000) != 0 ? -value : value;
}

void AppendBigEndian(std::uint64_t value, int bytes, std::string* out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out->push_back(static_cast<char>((value >> shift) & 0xFF));
}

}  // namespace

Result<CborReader::Head> CborReader::ReadHead() {
  if (rest_.empty()) return Truncated();
  const auto first = static_cast<unsigned char>(rest_[0]);
  rest_.remove_prefix(1);
  Head head{static_cast<unsigned>(first >> 5), first & 0x1Fu, first & 0x1Fu, false};
  if (head.info < 24) return head;
  if (head.info == kIndefinite) {
    head.argument = 0;
    head.is_indefinite = true;
    return head;
  }
  if (head.info > 27) return InvalidArgument("not CBOR: a reserved length");
  const std::size_t bytes = std::size_t{1} << (head.info - 24);
  if (rest_.size() < bytes) return Truncated();
  head.argument = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    head.argument = head.argument << 8 | static_cast<unsigned char>(rest_[i]);
  rest_.remove_prefix(bytes);
  return head;
}

Result<std::string> CborReader::ReadString(const Head& head) {
  if (!head.is_indefinite) {
    if (rest_.size() < head.argument) return Truncated();
    std::string text(rest_.substr(0, head.argument));
    rest_.remove_prefix(head.argument);
    return text;
  }
  std::string text;
  while (true) {
    ASSIGN_OR_RETURN(const Head piece, ReadHead());
    if (piece.major == kSimple && piece.is_indefinite) return text;
    if (piece.major != head.major || piece.is_indefinite)
      return InvalidArgument("not CBOR: a string in pieces has a piece of another kind");
    ASSIGN_OR_RETURN(const std::string part, ReadString(piece));
    text += part;
  }
}

Result<CborReader::Item> CborReader::ReadSimple(const Head& head) {
  switch (head.info) {
    case 20:
    case 21:
      return Item{.kind = Kind::kBool, .value = head.info - 20u};
    case 22:
    case 23:
      return Item{.kind = Kind::kNull};
    case 25:
      return Item{.kind = Kind::kFloat, .number = HalfToDouble(head.argument)};
    case 26:
      return Item{.kind = Kind::kFloat,
                  .number = std::bit_cast<float>(static_cast<std::uint32_t>(head.argument))};
    case 27:
      return Item{.kind = Kind::kFloat, .number = std::bit_cast<double>(head.argument)};
    case kIndefinite:
      return InvalidArgument("not CBOR: a break where nothing is open");
    default:
      return InvalidArgument("not CBOR: a simple value without a meaning");
  }
}

Result<CborReader::Item> CborReader::Next() {
  ASSIGN_OR_RETURN(const Head head, ReadHead());
  if (head.is_indefinite &&
      (head.major == kUnsigned || head.major == kNegativeInt || head.major == kTagOf))
    return InvalidArgument("not CBOR: a number without an end");
  switch (head.major) {
    case kUnsigned:
      return Item{.kind = Kind::kUint, .value = head.argument};
    case kNegativeInt:
      return Item{.kind = Kind::kNegative, .value = head.argument};
    case kByteString:
    case kTextString: {
      ASSIGN_OR_RETURN(std::string text, ReadString(head));
      const bool is_text = head.major == kTextString;
      if (is_text && !IsValidUtf8(text)) return InvalidArgument("not CBOR: a text is not UTF-8");
      return Item{.kind = is_text ? Kind::kText : Kind::kBytes, .text = std::move(text)};
    }
    case kArrayOf:
    case kMapOf:
      if (levels_.size() >= kMaxDepth) return InvalidArgument("nested too deeply");
      levels_.push_back({head.is_indefinite, head.argument});
      return Item{.kind = head.major == kArrayOf ? Kind::kArray : Kind::kMap};
    case kTagOf:
      return Item{.kind = Kind::kTag, .value = head.argument};
    default:
      return ReadSimple(head);
  }
}

Result<bool> CborReader::More() {
  SAGEBRUSH_CHECK(!levels_.empty(), "More() belongs to an open array or map");
  Level& level = levels_.back();
  if (level.is_indefinite) {
    if (rest_.empty()) return Truncated();
    if (rest_[0] != kBreak) return true;
    rest_.remove_prefix(1);
  } else if (level.left > 0) {
    --level.left;
    return true;
  }
  levels_.pop_back();
  return false;
}

Status CborReader::Skip(const Item& item) {
  if (item.kind == Kind::kTag) {
    ASSIGN_OR_RETURN(Item inner, Next());
    while (inner.kind == Kind::kTag) {
      ASSIGN_OR_RETURN(inner, Next());
    }
    return Skip(inner);
  }
  if (item.kind != Kind::kArray && item.kind != Kind::kMap) return Status::Ok();
  const int items_per_element = item.kind == Kind::kMap ? 2 : 1;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_more, More());
    if (!has_more) return Status::Ok();
    for (int i = 0; i < items_per_element; ++i) {
      ASSIGN_OR_RETURN(const Item inner, Next());
      RETURN_IF_ERROR(Skip(inner));
    }
  }
}

void CborWriter::Head(unsigned major, std::uint64_t argument) {
  const int bytes = argument < 24            ? 0
                    : argument <= 0xFF       ? 1
                    : argument <= 0xFFFF     ? 2
                    : argument <= 0xFFFFFFFF ? 4
                                             : 8;
  const unsigned info =
      bytes == 0 ? static_cast<unsigned>(argument)
                 : 24u + static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(bytes)));
  out_.push_back(static_cast<char>(major << 5 | info));
  AppendBigEndian(argument, bytes, &out_);
}

void CborWriter::Int(std::int64_t value) {
  if (value >= 0) {
    Head(kUnsigned, static_cast<std::uint64_t>(value));
  } else {
    Head(kNegativeInt, ~static_cast<std::uint64_t>(value));
  }
}

void CborWriter::Text(std::string_view text) {
  Head(kTextString, text.size());
  out_.append(text);
}

void CborWriter::Bytes(std::string_view bytes) {
  Head(kByteString, bytes.size());
  out_.append(bytes);
}

void CborWriter::OpenArray(std::size_t count) { Head(kArrayOf, count); }
void CborWriter::OpenMap(std::size_t count) { Head(kMapOf, count); }
void CborWriter::Tag(std::uint64_t number) { Head(kTagOf, number); }
void CborWriter::Bool(bool value) { Head(kSimple, value ? 21 : 20); }
void CborWriter::Null() { Head(kSimple, 22); }

void CborWriter::Double(double value) {
  const bool may_narrow =
      !std::isfinite(value) || std::abs(value) <= std::numeric_limits<float>::max();
  if (may_narrow && !(static_cast<float>(value) < value || static_cast<float>(value) > value)) {
    out_.push_back(static_cast<char>(kSimple << 5 | 26));
    AppendBigEndian(std::bit_cast<std::uint32_t>(static_cast<float>(value)), 4, &out_);
  } else {
    out_.push_back(static_cast<char>(kSimple << 5 | 27));
    AppendBigEndian(std::bit_cast<std::uint64_t>(value), 8, &out_);
  }
}

}  // namespace sagebrush::aws::internal
