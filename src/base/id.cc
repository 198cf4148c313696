// SPDX-License-Identifier: Apache-2.0
#include "base/id.h"

#include "base/hash.h"

namespace sagebrush {

std::string NewUuid() {
  std::string bytes = RandomBytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = HexEncode(bytes);
  return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
         hex.substr(16, 4) + "-" + hex.substr(20);
}

std::string NewId(std::size_t characters) {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out = RandomBytes(characters);
  for (char& c : out) c = kLetters[static_cast<unsigned char>(c) & 31];
  return out;
}

}  // namespace sagebrush
