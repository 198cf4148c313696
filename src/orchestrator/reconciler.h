// SPDX-License-Identifier: Apache-2.0
// The one loop that moves every workload: on a nudge, and now and then by itself, each controller makes a pass. Handlers
// record and nudge; nothing else starts or stops anything. Any thread may nudge.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "orchestrator/controller.h"

namespace sagebrush::orchestrator {

class Reconciler {
 public:
  explicit Reconciler(std::chrono::milliseconds period = std::chrono::milliseconds(500))
      : period_(period) {}
  ~Reconciler() { Stop(); }

  void Add(std::unique_ptr<Controller> controller) {
    controllers_.push_back(std::move(controller));
  }  // before Start
  void Start();
  void Nudge();
  // No pass runs after it returns. Workloads stay as they are.
  void Stop();
  // After Stop: ends all workloads for good.
  Status Shutdown();

  // One pass of all controllers, for tests.
  Status RunOnce();

 private:
  void Run();

  const std::chrono::milliseconds period_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool nudged_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sagebrush::orchestrator
