// SPDX-License-Identifier: Apache-2.0
// Stores what a run made: a folder as tar.gz or file by file. Errors are whole FailureReasons in AWS's words
// ("ClientError: Artifact upload failed:AccessDenied (403): …").
#pragma once

#include <filesystem>
#include <string>

#include "agent/s3_client.h"
#include "base/status.h"

namespace sagebrush::agent {

// Whether there is anything in the folder.
bool HasContent(const std::filesystem::path& folder);
// Packs the folder's content and stores it at `uri`.
Status UploadArchive(const std::filesystem::path& folder, const std::string& uri,
                     const std::filesystem::path& scratch, S3Client* s3);
// Every regular file below `folder` to the same name below `uri`.
Status UploadFiles(const std::filesystem::path& folder, const std::string& uri, S3Client* s3);

}  // namespace sagebrush::agent
