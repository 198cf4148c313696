// SPDX-License-Identifier: Apache-2.0
// The checksums that S3 knows: computed piece by piece, and put together from those of a multipart upload's parts.
// Source: Amazon S3 User Guide, "Checking object integrity". Pure functions; a ChecksumHasher belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/hash.h"
#include "base/status.h"

namespace sagebrush::objectstore {

// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", as AWS's ChecksumAlgorithm spells them.
const std::vector<std::string_view>& ChecksumAlgorithms();

// What S3 computes where the client chose none: User Guide, "Checking object integrity".
inline constexpr std::string_view kDefaultChecksum = "CRC64NVME";

class ChecksumHasher {
 public:
  // Nothing for an algorithm we do not have.
  static std::optional<ChecksumHasher> For(std::string_view algorithm);

  void Update(std::string_view data);
  std::string Finish();  // raw bytes; the hasher is used up
  std::string_view algorithm() const { return algorithm_; }

 private:
  struct Crc {
    std::uint64_t value = 0;
  };
  ChecksumHasher(std::string_view algorithm, std::variant<Crc, Hasher> state)
      : algorithm_(algorithm), state_(std::move(state)) {}

  std::string_view algorithm_;
  std::variant<Crc, Hasher> state_;
};

// How many raw bytes a value of that algorithm has; 0 for one we do not have.
std::size_t ChecksumBytes(std::string_view algorithm);

struct ChecksumOfPart {
  std::string raw;
  std::uint64_t size = 0;
};

// base64(hash of the parts' raw checksums) + "-" + count.
Result<std::string> CompositeChecksum(std::string_view algorithm,
                                      const std::vector<ChecksumOfPart>& parts);

// The checksum of the parts' bytes one after another, base64. Only CRCs can be put together so; others are kInvalidArgument.
Result<std::string> FullObjectChecksum(std::string_view algorithm,
                                       const std::vector<ChecksumOfPart>& parts);

}  // namespace sagebrush::objectstore
