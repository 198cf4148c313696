// SPDX-License-Identifier: Apache-2.0
// Which object becomes which file of a channel: SageMaker's rules of layout and sharing, as pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/s3_client.h"
#include "aws/s3_uri.h"
#include "base/status.h"

namespace sagebrush::agent {

struct PlannedFile {
  aws::S3Uri object;
  std::string name;  // relative to the channel's folder
  std::uint64_t size = 0;
};

// The name below the channel's folder of an object found under an S3Prefix: "p/train/" and "p/train" both give "x.csv" for
// p/train/x.csv, an object named in full gives its last part, and "p/tr" gives "train/x.csv" (a key prefix, not a folder).
std::string NameBelowPrefix(std::string_view prefix, std::string_view key);

// Objects of a prefix as files. Keys that end in '/' (folder markers) are left out. kInvalidArgument for a key that would leave
// the folder or collide with another.
Result<std::vector<PlannedFile>> PlanPrefix(const aws::S3Uri& prefix,
                                            const std::vector<S3Object>& objects);

// A manifest: [{"prefix": "s3://b/p/"}, "a.csv", "sub/b.csv"].
Result<std::vector<PlannedFile>> PlanManifest(std::string_view manifest);

// ShardedByS3Key: host i of n takes every n-th object, beginning with the i-th.
std::vector<PlannedFile> ShardOf(std::vector<PlannedFile> files, std::size_t host,
                                 std::size_t hosts);

}  // namespace sagebrush::agent
