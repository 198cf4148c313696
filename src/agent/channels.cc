// SPDX-License-Identifier: Apache-2.0
#include "agent/channels.h"

#include <atomic>
#include <fmt/format.h>

#include "agent/channel_plan.h"
#include "agent/parallel.h"
#include "base/archive.h"
#include "base/file.h"

namespace sagebrush::agent {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::uint64_t kMaxManifestBytes = 256 << 20;

bool IsCancelled(const Status& status) { return status.code() == Code::kCancelled; }

Status DataError(const Status& status, const std::string& uri) {
  if (status.ok() || IsCancelled(status)) return status;
  return Status(status.code(),
                fmt::format("ClientError: Data download failed:{} ({})", status.message(), uri));
}

Status DownloadAll(const std::vector<PlannedFile>& files, const std::filesystem::path& folder,
                   S3Client* s3, const Progress& progress) {
  std::atomic<std::uint64_t> files_done = 0;
  std::atomic<std::uint64_t> bytes_done = 0;
  return ForEachInParallel(kThreads, files.size(), [&](std::size_t index) -> Status {
    const PlannedFile& file = files[index];
    const std::filesystem::path target = folder / file.name;
    RETURN_IF_ERROR(MakeFolders(target.parent_path()));
    RETURN_IF_ERROR(DataError(s3->Download(file.object, target), file.object.ToString()));
    bytes_done += file.size;
    const std::uint64_t done = ++files_done;
    if (progress) progress(done, files.size(), bytes_done);
    return Status::Ok();
  });
}

}  // namespace

Status CheckChannels(const WorkOrder& order) {
  for (const Channel& channel : order.channels) {
    if (channel.input_mode == "Pipe") {
      return InvalidArgument(
          fmt::format("ClientError: channel '{}' asks for Pipe input mode, which this release of "
                      "Sagebrush does not have. Use File or "
                      "FastFile mode: the same data then stands in /opt/ml/input/data/{}.",
                      channel.name, channel.name));
    }
    if (channel.data_type == "AugmentedManifestFile") {
      // As on AWS, where augmented manifests exist in Pipe mode only.
      return InvalidArgument(
          fmt::format("ClientError: channel '{}' names an AugmentedManifestFile, which can only be "
                      "used in Pipe input mode.",
                      channel.name));
    }
  }
  return Status::Ok();
}

Status FetchChannel(const WorkOrder& order, const Channel& channel, const Paths& paths,
                    S3Client* s3, const LogLine& log, const Progress& progress) {
  if (channel.input_mode == "FastFile") {
    log(
        fmt::format("Sagebrush: channel '{}' asks for FastFile mode and is downloaded before the "
                    "start, as in File mode.",
                    channel.name));
  }
  if (channel.compression == "Gzip") {
    log(
        fmt::format("Sagebrush: channel '{}' is marked Gzip, which concerns Pipe mode only: files "
                    "stay as they are.",
                    channel.name));
  }
  const std::filesystem::path folder = paths.channel(channel.name);
  RETURN_IF_ERROR(MakeFolders(folder));
  ASSIGN_OR_RETURN(const aws::S3Uri uri, aws::ParseS3Uri(channel.s3_uri));

  std::vector<PlannedFile> files;
  if (channel.data_type == "ManifestFile") {
    const Result<std::string> manifest = s3->Get(uri, kMaxManifestBytes);
    if (!manifest.ok()) return DataError(manifest.status(), channel.s3_uri);
    Result<std::vector<PlannedFile>> plan = PlanManifest(*manifest);
    if (!plan.ok()) return DataError(plan.status(), channel.s3_uri);
    files = std::move(*plan);
  } else {
    const Result<std::vector<S3Object>> objects = s3->List(uri.bucket, uri.key);
    if (!objects.ok()) return DataError(objects.status(), channel.s3_uri);
    if (objects->empty()) {
      // AWS's sentence from CreateTrainingJob, which checks the same thing earlier.
      return NotFound(
          fmt::format("ClientError: Data download failed:No S3 objects found under S3 URL \"{}\" "
                      "given in input data source. Please ensure "
                      "that the bucket exists in the selected region ({}), that objects exist "
                      "under that S3 prefix, and that the role has "
                      "\"s3:ListBucket\" permissions on bucket \"{}\".",
                      channel.s3_uri, order.region, uri.bucket));
    }
    Result<std::vector<PlannedFile>> plan = PlanPrefix(uri, *objects);
    if (!plan.ok()) return DataError(plan.status(), channel.s3_uri);
    files = std::move(*plan);
  }
  if (channel.distribution == "ShardedByS3Key")
    files = ShardOf(std::move(files), order.host_index(), order.hosts.size());
  return DownloadAll(files, folder, s3, progress);
}

Status FetchCheckpoints(const std::string& uri_text, const std::filesystem::path& folder,
                        S3Client* s3) {
  RETURN_IF_ERROR(MakeFolders(folder));
  ASSIGN_OR_RETURN(aws::S3Uri uri, aws::ParseS3Uri(uri_text));
  if (!uri.key.empty() && uri.key.back() != '/')
    uri.key += '/';  // a folder of checkpoints, never its neighbours
  const Result<std::vector<S3Object>> objects = s3->List(uri.bucket, uri.key);
  if (!objects.ok()) return DataError(objects.status(), uri_text);
  const Result<std::vector<PlannedFile>> plan = PlanPrefix(uri, *objects);
  if (!plan.ok()) return DataError(plan.status(), uri_text);
  return DownloadAll(*plan, folder, s3, nullptr);
}

Status FetchArchive(const std::string& uri_text, const std::filesystem::path& folder,
                    const std::filesystem::path& scratch, const std::string& what, S3Client* s3) {
  ASSIGN_OR_RETURN(const aws::S3Uri uri, aws::ParseS3Uri(uri_text));
  RETURN_IF_ERROR(MakeFolders(folder));
  RETURN_IF_ERROR(MakeFolders(scratch, 0700));
  const std::filesystem::path archive = scratch / "download.tar.gz";
  RETURN_IF_ERROR(DataError(s3->Download(uri, archive), uri_text));
  const Status unpacked = UnpackArchive(archive, folder);
  std::error_code ignored;  // the scratch folder goes at the end anyway
  std::filesystem::remove(archive, ignored);
  if (!unpacked.ok()) {
    return Status(unpacked.code(), fmt::format("ClientError: cannot unpack the {} from {}: {}",
                                               what, uri_text, unpacked.message()));
  }
  return Status::Ok();
}

}  // namespace sagebrush::agent
