// SPDX-License-Identifier: Apache-2.0
#include "agent/uploader.h"

#include <fmt/format.h>
#include <vector>

#include "agent/parallel.h"
#include "base/archive.h"
#include "base/file.h"

namespace sagebrush::agent {
namespace {

constexpr std::size_t kThreads = 4;

Status UploadError(const Status& status, const std::string& uri) {
  if (status.ok() || status.code() == Code::kCancelled) return status;
  return Status(status.code(),
                fmt::format("ClientError: Artifact upload failed:{} ({})", status.message(), uri));
}

}  // namespace

bool HasContent(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::directory_iterator first(folder, error);
  return !error && first != std::filesystem::directory_iterator();
}

Status UploadArchive(const std::filesystem::path& folder, const std::string& uri_text,
                     const std::filesystem::path& scratch, S3Client* s3) {
  ASSIGN_OR_RETURN(const aws::S3Uri uri, aws::ParseS3Uri(uri_text));
  RETURN_IF_ERROR(MakeFolders(scratch, 0700));
  const std::filesystem::path archive = scratch / "upload.tar.gz";
  RETURN_IF_ERROR(UploadError(PackArchive(folder, archive), uri_text));
  const Status stored = s3->Upload(archive, uri);
  std::error_code ignored;  // the scratch folder goes at the end anyway
  std::filesystem::remove(archive, ignored);
  return UploadError(stored, uri_text);
}

Status UploadFiles(const std::filesystem::path& folder, const std::string& uri_text, S3Client* s3) {
  ASSIGN_OR_RETURN(aws::S3Uri uri, aws::ParseS3Uri(uri_text));
  if (!uri.key.empty() && uri.key.back() != '/') uri.key += '/';
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error)) {
    std::error_code ignored;  // a file that vanished is none
    if (entry->symlink_status(ignored).type() == std::filesystem::file_type::regular)
      files.push_back(entry->path());
  }
  if (error)
    return Internal(fmt::format("ClientError: cannot read the files in {}: {}", folder.string(),
                                error.message()));
  return ForEachInParallel(kThreads, files.size(), [&](std::size_t index) -> Status {
    const aws::S3Uri target{uri.bucket,
                            uri.key + files[index].lexically_relative(folder).generic_string()};
    return UploadError(s3->Upload(files[index], target), target.ToString());
  });
}

}  // namespace sagebrush::agent
