// SPDX-License-Identifier: Apache-2.0
// Fetches what a run needs from S3 before it starts: channels, code, model, checkpoints. Errors are whole FailureReasons in
// AWS's words ("ClientError: Data download failed:AccessDenied (403): …"), or kCancelled when the run was stopped.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "agent/paths.h"
#include "agent/s3_client.h"
#include "agent/work_order.h"
#include "base/status.h"

namespace sagebrush::agent {

using LogLine = std::function<void(std::string line)>;

// Tells how far a download is; called now and then, from several threads.
using Progress =
    std::function<void(std::uint64_t files, std::uint64_t files_in_all, std::uint64_t bytes)>;

// Refuses at once what no download could mend (Pipe mode).
Status CheckChannels(const WorkOrder& order);
Status FetchChannel(const WorkOrder& order, const Channel& channel, const Paths& paths,
                    S3Client* s3, const LogLine& log, const Progress& progress);
// All objects below `uri` into `folder`; none is fine (the first run of a job that keeps checkpoints).
Status FetchCheckpoints(const std::string& uri, const std::filesystem::path& folder, S3Client* s3);
// A tar.gz, unpacked into `folder`, which is made. `what` names it in the error: "code", "model data".
Status FetchArchive(const std::string& uri, const std::filesystem::path& folder,
                    const std::filesystem::path& scratch, const std::string& what, S3Client* s3);

}  // namespace sagebrush::agent
