// SPDX-License-Identifier: Apache-2.0
// LogSpool: every line of the instance gets a sequence number and a time here, and stays here until the server has it on its
// disk. The oldest lines are in memory; beyond a bound newer ones go to a file that has no name (so no program sees it), and
// beyond that file's bound Append waits: the user's program blocks on its pipe rather than memory growing.
// One batch is in flight at a time: an idle line leaves at once, a flood coalesces by itself. Any thread may call.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

namespace sagebrush::agent {

struct LogBatch {
  std::uint64_t first = 0;                                   // sequence of the first event
  std::vector<std::pair<std::int64_t, std::string>> events;  // milliseconds, line
};

Json ToMessage(const LogBatch& batch);

class LogSpool {
 public:
  struct Options {
    std::filesystem::path folder;  // for the file without a name; on a disk, not in memory
    std::uint64_t memory_bytes = 4 << 20;
    std::uint64_t file_bytes = 256 << 20;
    std::uint64_t batch_bytes = 1 << 20;
    std::size_t batch_lines = 10'000;
  };

  LogSpool(Options options, const Clock& clock);

  // Waits while the spool is full. False once it is closed: the line is dropped then.
  bool Append(std::string line);

  // A connection begins; the server has all lines up to `stored`. What is beyond is sent again.
  void Welcome(std::uint64_t stored);
  void Acknowledge(std::uint64_t sequence);

  // The next batch, as soon as there is one to send; nothing after `timeout` or when closed. The batch is in flight then:
  // the next one comes after its acknowledgement, or after a new welcome.
  std::optional<LogBatch> NextBatch(std::chrono::milliseconds timeout);

  // Waits until all lines are acknowledged; false when the time is over or the spool was closed.
  bool Drain(std::chrono::milliseconds timeout);
  void Close();  // everybody who waits goes on

  std::uint64_t appended() const;
  std::uint64_t memory_used() const;

 private:
  struct Line {
    std::int64_t at;
    std::string text;
  };

  static std::uint64_t Cost(const std::string& text) { return text.size() + 64; }
  bool HasRoom(std::uint64_t cost) const;
  bool WriteToFile(const Line& line);
  void Refill();
  void Drop(std::uint64_t sequence);

  const Options options_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Line> lines_;   // the oldest unacknowledged lines
  std::uint64_t bytes_ = 0;  // of lines_
  std::uint64_t first_ = 1;  // sequence of lines_.front()
  std::uint64_t next_ = 1;   // sequence of the next Append
  std::int64_t last_at_ = 0;
  UniqueFd file_;  // lines after lines_, oldest first, from read_at_ to write_at_
  std::uint64_t read_at_ = 0;
  std::uint64_t write_at_ = 0;
  bool file_failed_ = false;
  bool welcomed_ = false;
  std::uint64_t in_flight_ = 0;  // last sequence sent and not acknowledged, 0 for none
  bool closed_ = false;
};

}  // namespace sagebrush::agent
