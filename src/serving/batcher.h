// SPDX-License-Identifier: Apache-2.0
// Batcher: the queue in front of one model, and the one thread that runs it. Callers block for
// their own rows; the thread joins what piled up while it was busy (batch_policy.h). Bounded: a
// full queue refuses at once. Any thread may call Run.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "serving/model.h"

namespace sagebrush::serving {

struct BatcherOptions {
  std::int64_t max_rows = 32;                                    // 1: requests are never joined
  std::size_t max_waiting = 1024;                                // requests
  std::chrono::milliseconds deadline{std::chrono::seconds(60)};  // InvokeEndpoint's
};

class Batcher {
 public:
  // `model` and `clock` are borrowed and must outlive the batcher.
  static std::unique_ptr<Batcher> Create(const Model& model, const BatcherOptions& options,
                                         const Clock& clock);
  virtual ~Batcher() = default;  // stops

  // Model::Run, when its turn comes. kResourceExhausted: the queue is full; kDeadlineExceeded;
  // kCancelled: stopped.
  virtual Result<std::vector<Tensor>> Run(std::size_t signature, std::vector<Tensor> inputs) = 0;

  // Requests that wait now, without those that run.
  virtual std::size_t waiting() const = 0;

  // Refuses new requests, fails those that wait, lets the running batch finish. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace sagebrush::serving
