// SPDX-License-Identifier: Apache-2.0
#include "aws/required_checksum.h"

#include <string_view>

#include "base/hash.h"
#include "base/strings.h"

namespace sagebrush::aws {

namespace {

constexpr std::string_view kPrefix = "x-amz-checksum-";

// "x-amz-checksum-crc32", but not those of the family that only speak of a checksum.
bool NamesChecksum(std::string_view name) {
  const std::string lower = ToLower(Trim(name));
  if (!lower.starts_with(kPrefix)) return false;
  const std::string_view rest = std::string_view(lower).substr(kPrefix.size());
  return !rest.empty() && rest != "algorithm" && rest != "type" && rest != "mode";
}

bool HasChecksum(const http::Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (EqualsIgnoreCase(name, "content-md5") || NamesChecksum(name)) return true;
    if (!EqualsIgnoreCase(name, "x-amz-trailer")) continue;
    for (const std::string_view trailer : Split(value, ','))
      if (NamesChecksum(trailer)) return true;
  }
  return false;
}

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
  if (!HasChecksum(headers))
    return Error{"InvalidRequest",
                 "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"};
  for (const auto& [name, value] : headers) {
    if (EqualsIgnoreCase(name, "content-md5"))
      if (auto error = CheckMd5(value, body)) return error;
    for (const Algorithm& algorithm : kAlgorithms)
      if (EqualsIgnoreCase(name, std::string(kPrefix) + std::string(algorithm.name)))
        if (auto error = Check(algorithm, value, body)) return error;
  }
  return std::nullopt;
}

}  // namespace sagebrush::aws
