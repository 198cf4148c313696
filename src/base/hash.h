// SPDX-License-Identifier: Apache-2.0
// Digests, checksums and their text forms, over OpenSSL and zlib. Digests are raw bytes in a std::string.
// Functions are pure; a Hasher belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sagebrush {

enum class HashKind { kMd5, kSha1, kSha256 };

// Feeds data piece by piece.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void Update(std::string_view data);
  std::string Finish();  // raw bytes; the Hasher is used up

 private:
  void* context_;  // EVP_MD_CTX
};

std::string Md5(std::string_view data);
std::string Sha1(std::string_view data);
std::string Sha256(std::string_view data);
std::string HmacSha256(std::string_view key, std::string_view data);

// `crc` is the value so far; 0 to begin with.
std::uint32_t Crc32(std::uint32_t crc, std::string_view data);
std::uint32_t Crc32c(std::uint32_t crc, std::string_view data);     // Castagnoli
std::uint64_t Crc64Nvme(std::uint64_t crc, std::string_view data);  // as S3's CRC64NVME
std::string BigEndian32(std::uint32_t value);                       // 4 bytes
std::string BigEndian64(std::uint64_t value);                       // 8 bytes

std::string HexEncode(std::string_view bytes);  // lower case
Result<std::string> HexDecode(std::string_view text);
std::string Base64Encode(std::string_view bytes);
Result<std::string> Base64Decode(std::string_view text);

// Takes as long for a wrong first byte as for a wrong last one.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

// AES-256-GCM with a 32-byte key; the sealed form carries its nonce. Open fails with kPermissionDenied for anything not
// sealed by this key with this `associated` text.
std::string Seal(std::string_view key, std::string_view plain, std::string_view associated);
Result<std::string> Open(std::string_view key, std::string_view sealed,
                         std::string_view associated);

std::string RandomBytes(std::size_t count);

}  // namespace sagebrush
