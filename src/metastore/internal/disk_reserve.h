// SPDX-License-Identifier: Apache-2.0
// A file that holds room for the database beside it. When the disk is full of what somebody else wrote, a job say, it is
// given up: then the job's end can be recorded, and its space comes back. Belongs to the database's writer thread.
#pragma once

#include <filesystem>

namespace sagebrush::metastore::internal {

class DiskReserve {
 public:
  // `database`.reserve; made here unless it stands already or the disk is nearly full.
  explicit DiskReserve(const std::filesystem::path& database);

  // A write found no room: the next ones have the reserve's.
  void GiveUp();
  // A write succeeded: made anew once there is much more room than it takes. Cheap while it stands.
  void Restore();

 private:
  void Make();

  const std::filesystem::path file_;
  bool stands_ = false;
  int writes_until_look_ = 0;
};

}  // namespace sagebrush::metastore::internal
