// SPDX-License-Identifier: Apache-2.0
#include "agent/line_splitter.h"

#include <algorithm>

namespace sagebrush::agent {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The length of the well-formed UTF-8 sequence at the beginning of `text`, 0 if there is none (Unicode 15, table 3-7).
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

// Where to cut a raw line that is too long, so that no character is cut.
std::size_t CutPoint(std::string_view raw, std::size_t limit) {
  std::size_t cut = limit;
  for (int back = 0; back < 3 && cut > 0 && (static_cast<unsigned char>(raw[cut]) & 0xC0) == 0x80;
       ++back)
    --cut;
  return (static_cast<unsigned char>(raw[cut]) & 0xC0) == 0x80 ? limit : cut;
}

}  // namespace

std::string ReadableLine(std::string_view raw) {
  std::string line;
  line.reserve(raw.size());
  while (!raw.empty()) {
    const auto byte = static_cast<unsigned char>(raw.front());
    if (byte < 0x20 || byte == 0x7F) {
      line += '#';
      line += static_cast<char>('0' + (byte >> 6));
      line += static_cast<char>('0' + ((byte >> 3) & 7));
      line += static_cast<char>('0' + (byte & 7));
      raw.remove_prefix(1);
      continue;
    }
    const std::size_t length = SequenceLength(raw);
    if (length == 0) {
      line += kReplacement;
      raw.remove_prefix(1);
    } else {
      line += raw.substr(0, length);
      raw.remove_prefix(length);
    }
  }
  return line;
}

void LineSplitter::EmitRaw(std::string_view raw) {
  if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);  // CR LF
  std::string line = ReadableLine(raw);
  // Escapes make a line longer than its bytes; what is stored must keep the bound.
  std::string_view rest = line;
  while (rest.size() > kMaxLineBytes) {
    const std::size_t cut = CutPoint(rest, kMaxLineBytes);
    emit_(std::string(rest.substr(0, cut)));
    rest.remove_prefix(cut);
  }
  if (rest.size() == line.size()) {
    emit_(std::move(line));
  } else {
    emit_(std::string(rest));
  }
}

void LineSplitter::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      partial_ += bytes;
      while (partial_.size() > kMaxLineBytes) {
        const std::size_t cut = CutPoint(partial_, kMaxLineBytes);
        EmitRaw(std::string_view(partial_).substr(0, cut));
        partial_.erase(0, cut);
      }
      return;
    }
    if (partial_.empty()) {
      EmitRaw(bytes.substr(0, end));
    } else {
      partial_ += bytes.substr(0, end);
      const std::string whole = std::move(partial_);
      partial_.clear();
      EmitRaw(whole);
    }
    bytes.remove_prefix(end + 1);
  }
}

void LineSplitter::Stale() {
  const std::size_t end = partial_.rfind('\r');
  if (end == std::string::npos || end == 0) return;
  const std::string finished = partial_.substr(0, end);
  partial_.erase(0, end);  // the '\r' begins the next part, as it does on a terminal
  EmitRaw(finished);
}

void LineSplitter::Finish() {
  if (partial_.empty()) return;
  const std::string rest = std::move(partial_);
  partial_.clear();
  EmitRaw(rest);
}

}  // namespace sagebrush::agent
