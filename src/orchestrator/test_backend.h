// SPDX-License-Identifier: Apache-2.0
// A Backend whose instances run in nothing but a map, and end when a test says so. Tests only; any thread may call.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "orchestrator/backend.h"

namespace sagebrush::orchestrator {

class TestBackend final : public Backend {
 public:
  using State = InstanceObservation::State;

  Status Start(const InstanceSpec& spec) override {
    const std::lock_guard lock(mutex_);
    if (!next_start_.ok()) return std::exchange(next_start_, Status::Ok());
    if (instances_.contains(spec.id)) return AlreadyExists("instance " + spec.id);
    RETURN_IF_ERROR(MakeFolders(folder_.path() / spec.id));
    instances_[spec.id].state = State::kRunning;
    starts_.push_back(spec.id);
    return Status::Ok();
  }
  InstanceObservation Observe(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    const auto it = instances_.find(id);
    return it == instances_.end() ? InstanceObservation{} : it->second;
  }
  Status Kill(const std::string& id) override {
    End(id, 137);
    return Status::Ok();
  }
  Status Remove(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    instances_.erase(id);
    return Status::Ok();
  }
  Result<std::vector<std::string>> List() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> ids;
    for (const auto& [id, instance] : instances_) ids.push_back(id);
    return ids;
  }
  std::optional<std::filesystem::path> SocketFolder(const std::string& id) const override {
    return folder_.path() / id;
  }
  bool enforces_memory() const override { return true; }

  void End(const std::string& id, int exit_code) {
    const std::lock_guard lock(mutex_);
    const auto it = instances_.find(id);
    if (it != instances_.end()) it->second = {State::kExited, exit_code, false};
  }
  void FailNextStart(Status status) {
    const std::lock_guard lock(mutex_);
    next_start_ = std::move(status);
  }
  // Every instance that was ever started, in order.
  std::vector<std::string> starts() const {
    const std::lock_guard lock(mutex_);
    return starts_;
  }

 private:
  const TempFolder folder_ = TempFolder::Create().value();
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, InstanceObservation> instances_;
  std::vector<std::string> starts_;
  Status next_start_;
};

}  // namespace sagebrush::orchestrator
