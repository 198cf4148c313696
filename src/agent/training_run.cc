// SPDX-License-Identifier: Apache-2.0
#include "agent/training_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <signal.h>

#include "agent/channels.h"
#include "agent/failure_text.h"
#include "agent/install_run.h"
#include "agent/ml_folder.h"
#include "agent/role_credentials.h"
#include "agent/s3_client.h"
#include "agent/uploader.h"
#include "base/file.h"
#include "base/log.h"

namespace sagebrush::agent {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kProgressInterval(1);
constexpr std::size_t kMaxFailureFileBytes = 16 << 10;

// Reports how far the download is, at most once a second.
class DownloadProgress {
 public:
  explicit DownloadProgress(const Surroundings& around)
      : around_(around), next_(steady_clock::now() + kProgressInterval) {}

  void operator()(const std::string& channel, std::uint64_t files, std::uint64_t files_in_all,
                  std::uint64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (steady_clock::now() < next_) return;
      next_ = steady_clock::now() + kProgressInterval;
    }
    const Json progress = Json::Object(
        {{"channel", channel}, {"files", files}, {"files_in_all", files_in_all}, {"bytes", bytes}});
    around_.session.Report("Downloading", Json::Object({{"progress", progress}}));
  }

 private:
  const Surroundings& around_;
  std::mutex mutex_;  // guards next_
  steady_clock::time_point next_;
};

Status FetchAll(const Surroundings& around, S3Client* s3) {
  const WorkOrder& order = around.order;
  RETURN_IF_ERROR(CheckChannels(order));
  RETURN_IF_ERROR(MakeMlFolder(order, around.paths));
  if (!order.code_uri.empty()) {
    RETURN_IF_ERROR(
        FetchArchive(order.code_uri, around.paths.code(), around.scratch(), "code", s3));
  }
  const auto log = [&](std::string line) { around.session.Log(std::move(line)); };
  DownloadProgress progress(around);
  for (const Channel& channel : order.channels) {
    const auto tell = [&](std::uint64_t files, std::uint64_t in_all, std::uint64_t bytes) {
      progress(channel.name, files, in_all, bytes);
    };
    RETURN_IF_ERROR(FetchChannel(order, channel, around.paths, s3, log, tell));
  }
  if (order.checkpoint_uri.empty()) return Status::Ok();
  return FetchCheckpoints(order.checkpoint_uri, order.checkpoint_path, s3);
}

// A user's program may have put anything there: only the beginning of a plain file counts, and nothing that blocks.
std::string ReadFailureFile(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return "";
  const Result<UniqueFd> file = OpenFile(path, O_RDONLY | O_NONBLOCK);
  if (!file.ok()) return "";
  std::string text(kMaxFailureFileBytes, '\0');
  text.resize(ReadAt(file->get(), 0, text.data(), text.size()).value_or(0));
  return text;
}

// Runs the program to its end, or to a stop.
Outcome RunProgram(const Surroundings& around) {
  Result<std::unique_ptr<UserProcess>> started = StartProgram(around);
  if (!started.ok()) {
    Outcome outcome = Outcome::Failed(started.status());
    outcome.exit_code = 127;
    return outcome;
  }
  UserProcess& process = **started;
  const ProgramEnd end = WaitForEnd(&process, around);
  if (end.stopped) {
    Outcome outcome = Outcome::Stopped(around.stop.reason());
    outcome.exit_code = end.exit.code;
    return outcome;
  }
  if (end.exit.code == 0) return Outcome::Completed();
  Ending ending;
  ending.exit = end.exit;
  ending.exceeded_memory_bytes = end.exceeded_memory ? around.order.memory_limit_bytes : 0;
  ending.failure_file = ReadFailureFile(around.paths.failure_file());
  ending.script_command = ReadFile(around.command_file()).value_or("");
  ending.last_lines = process.LastLines();
  return {.phase = "Failed", .failure = AlgorithmError(ending), .exit_code = end.exit.code};
}

// One object, or with CompressionType NONE every file below a prefix, which ends in a slash.
Status StoreFolder(const std::filesystem::path& folder, const std::string& uri,
                   const Surroundings& around, S3Client* s3) {
  return uri.ends_with('/') ? UploadFiles(folder, uri, s3)
                            : UploadArchive(folder, uri, around.scratch(), s3);
}

// Model, output and checkpoints. A failed job keeps its output and checkpoints, as on AWS, but has no model.
Status StoreAll(const Surroundings& around, bool with_model, S3Client* s3) {
  const WorkOrder& order = around.order;
  Status first_error;
  const auto note = [&](const Status& status) {
    if (first_error.ok()) first_error = status;
  };
  if (with_model && !order.model_uri.empty()) {
    if (HasContent(around.paths.model())) {
      note(StoreFolder(around.paths.model(), order.model_uri, around, s3));
    } else {
      // The sentence of AWS's own training toolkit.
      around.session.Log(
          "No model artifact is saved under path /opt/ml/model. Your training job will not save "
          "any model files to S3.");
    }
  }
  if (!order.output_uri.empty() && HasContent(around.paths.output_data())) {
    note(StoreFolder(around.paths.output_data(), order.output_uri, around, s3));
  }
  if (!order.checkpoint_uri.empty())
    note(UploadFiles(order.checkpoint_path, order.checkpoint_uri, s3));
  return first_error;
}

}  // namespace

Outcome RunTraining(const Surroundings& around) {
  const TimeLimit time_limit(around.order.max_runtime, &around.stop);
  const ResourceWatch resources = WatchResources(around);
  for (const std::string& line : around.order.first_log_lines) around.session.Log(line);

  around.session.Report("Downloading");
  const S3Client::Options s3_options{.api_socket = around.paths.api_socket.string(),
                                     .token = around.order.token,
                                     .region = around.order.region};
  RoleCredentials credentials(s3_options.api_socket, s3_options.token, around.clock);
  S3Client stoppable_s3(s3_options, &credentials, &around.stop, around.clock);
  const Status fetched = FetchAll(around, &stoppable_s3);
  if (around.stop.requested()) {
    around.session.Report("Stopping", Json::Object({{"message", around.stop.reason()}}));
    return Outcome::Stopped(around.stop.reason());
  }
  if (!fetched.ok()) return Outcome::Failed(fetched);

  const Result<std::unique_ptr<ApiForwarder>> forwarder = StartForwarder(around);
  if (!forwarder.ok()) return Outcome::Failed(forwarder.status());
  around.session.Report("Training");
  if (auto ended = InstallRequirements(around)) return *std::move(ended);
  Outcome outcome = RunProgram(around);
  if (around.session.refused()) return outcome;

  const bool failed = outcome.phase == "Failed";
  if (!failed) around.session.Report("Uploading");
  // A stop must not cut the upload of what the program has left.
  S3Client s3(s3_options, &credentials, nullptr, around.clock);
  const Status stored = StoreAll(around, !failed, &s3);
  if (!stored.ok() && !failed) outcome = Outcome::Failed(stored);
  if (!stored.ok() && failed)
    LogWarning("agent", "the failed job's output could not be stored: " + stored.message());
  const Status cleaned = RemoveTree(around.scratch());
  if (!cleaned.ok())
    LogDebug("agent", cleaned.message());  // the instance's folders go with it anyway
  return outcome;
}

}  // namespace sagebrush::agent
