// SPDX-License-Identifier: Apache-2.0
#include "aws/required_checksum.h"

#include <string_view>

#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

constexpr std::string_view kPrefix = "x-amz-checksum-";

struct Algorithm {
  std::string_view name;
  std::size_t bytes;
  std::string (*of)(std::string_view);
};
constexpr Algorithm kAlgorithms[] = {
    {"CRC32", 4, [](std::string_view data) { return BigEndian32(Crc32(0, data)); }},
    {"CRC32C", 4, [](std::string_view data) { return BigEndian32(Crc32c(0, data)); }},
    {"CRC64NVME", 8, [](std::string_view data) { return BigEndian64(Crc64Nvme(0, data)); }},
    {"SHA1", 20, Sha1},
    {"SHA256", 32, Sha256},
};

constexpr std::string_view kNotImplemented[] = {"sha512", "md5", "xxhash64", "xxhash3",
                                                "xxhash128"};

std::optional<Error> CheckMd5(std::string_view value, std::string_view body) {
  const auto claimed = Base64Decode(value);
  if (!claimed.ok() || claimed->size() != 16)
    return Error{"InvalidDigest", "The Content-MD5 you specified was invalid."};
  const std::string computed = Md5(body);
  if (*claimed == computed) return std::nullopt;
  return Error{"BadDigest", "The Content-MD5 you specified did not match what we received.", 0,
               Json::Object({{"ExpectedDigest", HexEncode(*claimed)},
                             {"CalculatedDigest", HexEncode(computed)}})};
}

std::optional<Error> Check(const Algorithm& algorithm, std::string_view value,
                           std::string_view body) {
  const auto claimed = Base64Decode(value);
  if (!claimed.ok() || claimed->size() != algorithm.bytes)
    return Error{"InvalidRequest", "Value for " + std::string(kPrefix) + ToLower(algorithm.name) +
                                       " header is invalid."};
  if (*claimed == algorithm.of(body)) return std::nullopt;
  return Error{"BadDigest", "The " + std::string(algorithm.name) +
                                " you specified did not match the calculated checksum."};
}

}  // namespace

std::optional<Error> CheckRequiredChecksum(const Operation& operation, const http::Headers& headers,
                                           std::string_view body) {
  if (!operation.Is(Operation::kChecksumRequired)) return std::nullopt;
  bool has_one = false;
  for (const auto& [name, value] : headers) {
    if (EqualsIgnoreCase(name, "content-md5")) {
      has_one = true;
      if (auto error = CheckMd5(value, body)) return error;
    }
    const std::string lower = ToLower(name);
    if (!lower.starts_with(kPrefix)) continue;
    const std::string_view word = std::string_view(lower).substr(kPrefix.size());
    for (const Algorithm& algorithm : kAlgorithms) {
      if (!EqualsIgnoreCase(word, algorithm.name)) continue;
      has_one = true;
      if (auto error = Check(algorithm, value, body)) return error;
    }
    for (const std::string_view unknown : kNotImplemented)
      if (word == unknown) return NotImplementedHeader(lower);
  }
  if (has_one) return std::nullopt;
  return Error{"InvalidRequest",
               "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"};
}

}  // namespace sagebrush::aws
