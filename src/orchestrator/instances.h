// SPDX-License-Identifier: Apache-2.0
// Records of instances (kind "instance", no scope): whose they are, how they prove themselves, where their logs go, and what
// their agents have reported. A report is durable before it is acknowledged. Any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "metastore/record_store.h"

namespace sagebrush::orchestrator {

// What an agent said about its work; docs/formats/agent-protocol.md lists the phases.
struct Report {
  int number = 0;
  TimePoint at{};
  std::string phase;
  std::string message;
  std::string failure;
  int exit_code = 0;
};

// The number of the report that the server itself makes, of an instance that could not be started; agents stay below it.
inline constexpr int kServersOwnReport = 1'000'000;

struct LogTarget {
  std::string scope, group, stream;
};

struct Instance {
  std::string id;
  metastore::Key owner;
  std::string host;        // as its job calls it: "algo-1"
  std::string variant;     // of an endpoint: the one it serves
  std::string token_hash;  // hex SHA-256; "" until its agent was given one
  std::string role_arn;
  bool network = true;  // may its user code reach the server and the internet
  LogTarget log;
  std::uint64_t memory_bytes = 0;
  std::string principal;        // who caused it: admission is fair between them
  std::vector<Report> reports;  // by number
};

class Instances {
 public:
  explicit Instances(metastore::RecordStore& records, const Clock& clock)
      : records_(records), clock_(clock) {}

  // To be committed together with the owner's record, so that neither stands alone.
  metastore::Write InsertWrite(const Instance& instance) const;
  metastore::Write DeleteWrite(const std::string& id) const;

  Result<Instance> Get(const std::string& id) const;
  // Read again only when an instance's record has changed: the loop asks with every pass.
  Result<std::shared_ptr<const std::vector<Instance>>> All() const;
  Status SetToken(const std::string& id, const std::string& token);
  // Keeps it unless one of that number or a later one is there already; "Downloading" again only moves the number on.
  Status AddReport(const std::string& id, const Report& report);

 private:
  Status Change(const std::string& id, const std::function<bool(Instance&)>& change);

  metastore::RecordStore& records_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::shared_ptr<const std::vector<Instance>> all_;
  mutable std::uint64_t all_as_of_ = 0;  // RecordWatch::ChangesOf
};

}  // namespace sagebrush::orchestrator
