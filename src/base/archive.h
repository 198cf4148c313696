// SPDX-License-Identifier: Apache-2.0
// tar.gz in and out, by libarchive. Unpacking trusts nothing: no absolute or climbing paths, no writing through links, no
// devices, bounded size and count. Blocking; may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/status.h"

namespace sagebrush {

struct UnpackLimits {
  std::uint64_t max_bytes = std::uint64_t{64} << 30;
  std::uint64_t max_entries = 1'000'000;
};

// Unpacks a .tar.gz (or plain .tar) into a folder that exists. kInvalidArgument for a broken or hostile archive.
Status UnpackArchive(const std::filesystem::path& archive, const std::filesystem::path& folder,
                     const UnpackLimits& limits = {});

// Packs the content of `folder` (names relative to it, sorted, links kept as links, sockets and fifos left out) into
// `archive`, overwriting it. Same content gives the same bytes but for the files' times.
Status PackArchive(const std::filesystem::path& folder, const std::filesystem::path& archive);

}  // namespace sagebrush
