// SPDX-License-Identifier: Apache-2.0
#include "agent/log_spool.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "base/file.h"
#include "base/log.h"

namespace sagebrush::agent {
namespace {

// A line in the file: time, length, bytes. Only this process reads it, so the machine's own byte order does.
struct RecordHead {
  std::int64_t at;
  std::uint64_t size;
};

Result<UniqueFd> OpenNamelessFile(const std::filesystem::path& folder) {
  Result<UniqueFd> nameless = OpenFile(folder, O_TMPFILE | O_RDWR, 0600);
  if (nameless.ok()) return nameless;
  std::string name = (folder / ".spool-XXXXXX").string();  // file systems without O_TMPFILE
  UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd.valid()) return LastErrno("making a spool file in " + folder.string());
  ::unlink(name.c_str());
  return fd;
}

}  // namespace

Json ToMessage(const LogBatch& batch) {
  Json events = Json::Array();
  for (const auto& [at, line] : batch.events) events.Append(Json::Array({at, line}));
  return Json::Object({{"type", "logs"}, {"first", batch.first}, {"events", std::move(events)}});
}

LogSpool::LogSpool(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

bool LogSpool::HasRoom(std::uint64_t cost) const {
  const bool file_in_use = write_at_ > read_at_;
  if (!file_in_use && bytes_ + cost <= options_.memory_bytes) return true;
  if (lines_.empty() && !file_in_use) return true;  // a line larger than the bound
  return !file_failed_ && write_at_ - read_at_ + cost <= options_.file_bytes;
}

bool LogSpool::Append(std::string line) {
  const std::uint64_t cost = Cost(line);
  std::unique_lock lock(mutex_);
  while (true) {
    // No deadline: a slow server must slow the program down, and Close ends the wait.
    changed_.wait(lock, [&] { return closed_ || HasRoom(cost); });
    if (closed_) return false;
    // Never backwards: a log stream is ordered by time, and the machine's clock may be set.
    last_at_ = std::max(last_at_, ToMillis(clock_.Now()));
    Line entry{last_at_, std::move(line)};
    const bool file_in_use = write_at_ > read_at_;
    const bool fits = bytes_ + cost <= options_.memory_bytes || lines_.empty();
    if (!file_in_use && fits) {
      bytes_ += cost;
      lines_.push_back(std::move(entry));
    } else if (!WriteToFile(entry)) {
      line = std::move(entry.text);
      continue;  // the disk is full: wait for room in memory
    }
    ++next_;
    lock.unlock();
    changed_.notify_all();
    return true;
  }
}

bool LogSpool::WriteToFile(const Line& line) {
  if (!file_.valid()) {
    Result<UniqueFd> opened = OpenNamelessFile(options_.folder);
    if (!opened.ok()) {
      LogWarning("agent", opened.status().ToString());
      file_failed_ = true;
      return false;
    }
    file_ = std::move(*opened);
  }
  const RecordHead head{line.at, line.text.size()};
  std::string record(sizeof head + line.text.size(), '\0');
  std::memcpy(record.data(), &head, sizeof head);
  std::memcpy(record.data() + sizeof head, line.text.data(), line.text.size());
  std::size_t done = 0;
  while (done < record.size()) {
    const ssize_t count = ::pwrite(file_.get(), record.data() + done, record.size() - done,
                                   static_cast<off_t>(write_at_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      file_failed_ = true;  // until what it holds is shipped
      return false;
    }
    done += static_cast<std::size_t>(count);
  }
  write_at_ += record.size();
  return true;
}

// Moves lines from the file to memory while there is room; called with the lock held.
void LogSpool::Refill() {
  while (read_at_ < write_at_ && (lines_.empty() || bytes_ < options_.memory_bytes / 2)) {
    RecordHead head{};
    const Result<std::size_t> got =
        ReadAt(file_.get(), read_at_, reinterpret_cast<char*>(&head), sizeof head);
    SAGEBRUSH_CHECK(got.ok() && *got == sizeof head, "the spool file can be read back");
    Line line{head.at, std::string(head.size, '\0')};
    const Result<std::size_t> text =
        ReadAt(file_.get(), read_at_ + sizeof head, line.text.data(), head.size);
    SAGEBRUSH_CHECK(text.ok() && *text == head.size, "the spool file can be read back");
    read_at_ += sizeof head + head.size;
    bytes_ += Cost(line.text);
    lines_.push_back(std::move(line));
  }
  if (read_at_ == write_at_ && write_at_ > 0) {
    if (::ftruncate(file_.get(), 0) != 0) LogWarning("agent", "the spool file keeps its size");
    read_at_ = write_at_ = 0;
    file_failed_ = false;
  }
}

void LogSpool::Drop(std::uint64_t sequence) {
  while (first_ <= sequence && first_ < next_) {
    if (lines_.empty()) Refill();
    bytes_ -= Cost(lines_.front().text);
    lines_.pop_front();
    ++first_;
  }
  if (in_flight_ <= sequence) in_flight_ = 0;
  Refill();
}

void LogSpool::Welcome(std::uint64_t stored) {
  {
    const std::lock_guard lock(mutex_);
    welcomed_ = true;
    Drop(stored);
    in_flight_ = 0;
  }
  changed_.notify_all();
}

void LogSpool::Acknowledge(std::uint64_t sequence) {
  {
    const std::lock_guard lock(mutex_);
    Drop(sequence);
  }
  changed_.notify_all();
}

std::optional<LogBatch> LogSpool::NextBatch(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] {
    return closed_ || (welcomed_ && in_flight_ == 0 && !lines_.empty());
  };
  if (!changed_.wait_for(lock, timeout, ready) || closed_) return std::nullopt;
  LogBatch batch;
  batch.first = first_;
  std::uint64_t bytes = 0;
  for (const Line& line : lines_) {
    bytes += line.text.size() + 24;
    if (!batch.events.empty() &&
        (bytes > options_.batch_bytes || batch.events.size() >= options_.batch_lines))
      break;
    batch.events.emplace_back(line.at, line.text);
  }
  in_flight_ = first_ + batch.events.size() - 1;
  return batch;
}

bool LogSpool::Drain(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return closed_ || first_ == next_; }) &&
         first_ == next_;
}

void LogSpool::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

std::uint64_t LogSpool::appended() const {
  const std::lock_guard lock(mutex_);
  return next_ - 1;
}

std::uint64_t LogSpool::memory_used() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace sagebrush::agent
