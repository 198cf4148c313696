// SPDX-License-Identifier: Apache-2.0
#include "objectstore/checksum.h"

#include <algorithm>

namespace sagebrush::objectstore {

namespace {

// A reflected CRC whose register starts and ends inverted, as all three of S3's do.
struct CrcKind {
  std::string_view algorithm;
  int bits;
  std::uint64_t polynomial;  // reflected
};
constexpr CrcKind kCrcs[] = {
    {"CRC32", 32, 0xEDB88320},
    {"CRC32C", 32, 0x82F63B78},
    {"CRC64NVME", 64, 0x9A6C9329AC4BC9B5},
};

const CrcKind* FindCrc(std::string_view algorithm) {
  for (const auto& kind : kCrcs)
    if (kind.algorithm == algorithm) return &kind;
  return nullptr;
}

// a·b modulo the polynomial; bit (bits-1) is x^0. The method is that of zlib's crc32_combine.
std::uint64_t Multiply(const CrcKind& kind, std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  for (std::uint64_t bit = std::uint64_t{1} << (kind.bits - 1); bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ kind.polynomial : b >> 1;
  }
  return product;
}

// x^(8·bytes) modulo the polynomial.
std::uint64_t ShiftBy(const CrcKind& kind, std::uint64_t bytes) {
  std::uint64_t result = std::uint64_t{1} << (kind.bits - 1);     // x^0
  std::uint64_t power = std::uint64_t{1} << (kind.bits - 1 - 8);  // x^8
  for (; bytes != 0; bytes >>= 1) {
    if ((bytes & 1) != 0) result = Multiply(kind, result, power);
    power = Multiply(kind, power, power);
  }
  return result;
}

std::uint64_t FromBigEndian(std::string_view raw) {
  std::uint64_t value = 0;
  for (const char c : raw) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string ToRaw(const CrcKind& kind, std::uint64_t value) {
  return kind.bits == 32 ? BigEndian32(static_cast<std::uint32_t>(value)) : BigEndian64(value);
}

}  // namespace

const std::vector<std::string_view>& ChecksumAlgorithms() {
  static const std::vector<std::string_view> all = {"CRC32", "CRC32C", "CRC64NVME", "SHA1",
                                                    "SHA256"};
  return all;
}

std::optional<ChecksumHasher> ChecksumHasher::For(std::string_view algorithm) {
  const auto& all = ChecksumAlgorithms();
  const auto known = std::find(all.begin(), all.end(), algorithm);
  if (known == all.end()) return std::nullopt;
  if (algorithm == "SHA1") return ChecksumHasher(*known, Hasher(HashKind::kSha1));
  if (algorithm == "SHA256") return ChecksumHasher(*known, Hasher(HashKind::kSha256));
  return ChecksumHasher(*known, Crc{});
}

void ChecksumHasher::Update(std::string_view data) {
  if (auto* hasher = std::get_if<Hasher>(&state_)) return hasher->Update(data);
  auto& crc = std::get<Crc>(state_).value;
  if (algorithm_ == "CRC32") {
    crc = Crc32(static_cast<std::uint32_t>(crc), data);
  } else if (algorithm_ == "CRC32C") {
    crc = Crc32c(static_cast<std::uint32_t>(crc), data);
  } else {
    crc = Crc64Nvme(crc, data);
  }
}

std::string ChecksumHasher::Finish() {
  if (auto* hasher = std::get_if<Hasher>(&state_)) return hasher->Finish();
  return ToRaw(*FindCrc(algorithm_), std::get<Crc>(state_).value);
}

std::size_t ChecksumBytes(std::string_view algorithm) {
  if (const auto* crc = FindCrc(algorithm)) return static_cast<std::size_t>(crc->bits) / 8;
  if (algorithm == "SHA1") return 20;
  return algorithm == "SHA256" ? 32 : 0;
}

Result<std::string> CompositeChecksum(std::string_view algorithm,
                                      const std::vector<ChecksumOfPart>& parts) {
  auto hasher = ChecksumHasher::For(algorithm);
  if (!hasher)
    return InvalidArgument("InvalidRequest: unknown checksum algorithm '" + std::string(algorithm) +
                           "'");
  for (const auto& part : parts) hasher->Update(part.raw);
  return Base64Encode(hasher->Finish()) + "-" + std::to_string(parts.size());
}

Result<std::string> FullObjectChecksum(std::string_view algorithm,
                                       const std::vector<ChecksumOfPart>& parts) {
  const auto* kind = FindCrc(algorithm);
  if (kind == nullptr)
    return InvalidArgument("InvalidRequest: a FULL_OBJECT checksum of parts needs a CRC, not '" +
                           std::string(algorithm) + "'");
  std::uint64_t crc = 0;
  for (const auto& part : parts)
    crc = Multiply(*kind, ShiftBy(*kind, part.size), crc) ^ FromBigEndian(part.raw);
  return Base64Encode(ToRaw(*kind, crc));
}

}  // namespace sagebrush::objectstore
