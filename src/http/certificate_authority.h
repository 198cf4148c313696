// SPDX-License-Identifier: Apache-2.0
// The server's own CA: made at first start, kept in the data folder, mints a leaf for each host name it is asked for.
// Thread-safe; leaves are cached in memory.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"

namespace sagebrush::http {

struct Leaf {
  std::string certificate_pem;  // leaf, then CA
  std::string private_key_pem;
};

class CertificateAuthority {
 public:
  // Loads ca.pem and ca.key (0600) from `folder`, or makes them durably (EC P-256, ten years, CA:TRUE, pathlen 0).
  static Result<std::unique_ptr<CertificateAuthority>> LoadOrCreate(
      const std::filesystem::path& folder, const Clock& clock);
  virtual ~CertificateAuthority() = default;

  virtual const std::string& certificate_pem() const = 0;
  // For a host name or an IP address (SAN of the right kind). Valid from a day ago for 825 days.
  virtual Result<Leaf> LeafFor(const std::string& host) = 0;
};

}  // namespace sagebrush::http
