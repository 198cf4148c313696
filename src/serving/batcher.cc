// SPDX-License-Identifier: Apache-2.0
// One mutex over the queue; the model runs outside it. A request is shared by its caller and the
// batch that runs it, because the caller may leave at its deadline while the batch still computes.
#include "serving/batcher.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "serving/batch_policy.h"

namespace sagebrush::serving {
namespace {

using Outputs = Result<std::vector<Tensor>>;

struct Request {
  std::size_t signature = 0;
  std::vector<Tensor> inputs;
  std::string kind;
  std::int64_t rows = 1;
  SteadyTime deadline;
  // Guarded by the batcher's mutex:
  std::optional<Outputs> answer;
  std::condition_variable answered;
};
using SharedRequest = std::shared_ptr<Request>;

std::int64_t RowsOf(const std::vector<Tensor>& inputs) {
  return inputs.empty() || inputs[0].shape.empty() ? 1 : inputs[0].shape[0];
}

// Same signature and same shape but for dimension 0. "" if the inputs have not all the same,
// non-zero number of rows.
std::string KindOf(std::size_t signature, const std::vector<Tensor>& inputs) {
  std::string kind = std::to_string(signature);
  for (const Tensor& input : inputs) {
    if (input.shape.empty() || input.shape[0] != inputs[0].shape[0] || input.shape[0] == 0)
      return "";
    kind += '/';
    for (std::size_t i = 1; i < input.shape.size(); ++i)
      kind += std::to_string(input.shape[i]) + ",";
  }
  return kind;
}

std::vector<Tensor> Join(const std::vector<SharedRequest>& batch) {
  std::vector<Tensor> joined = batch.front()->inputs;
  for (std::size_t i = 1; i < batch.size(); ++i) {
    for (std::size_t k = 0; k < joined.size(); ++k) AppendRows(batch[i]->inputs[k], &joined[k]);
  }
  return joined;
}

bool HaveRows(const std::vector<Tensor>& outputs, std::int64_t rows) {
  return std::ranges::all_of(outputs, [rows](const Tensor& output) {
    return !output.shape.empty() && output.shape[0] == rows;
  });
}

class QueueBatcher final : public Batcher {
 public:
  QueueBatcher(const Model& model, const BatcherOptions& options, const Clock& clock)
      : model_(model), options_(options), clock_(clock), thread_([this] { Serve(); }) {}
  ~QueueBatcher() override { Stop(); }

  Outputs Run(std::size_t signature, std::vector<Tensor> inputs) override {
    auto request = std::make_shared<Request>();
    request->signature = signature;
    request->rows = RowsOf(inputs);
    if (options_.max_rows > 1 && IsBatchable(model_.signatures()[signature]))
      request->kind = KindOf(signature, inputs);
    request->inputs = std::move(inputs);
    request->deadline = clock_.SteadyNow() + options_.deadline;

    std::unique_lock lock(mutex_);
    if (stopping_) return Cancelled("the model server is stopping");
    if (queue_.size() >= options_.max_waiting) {
      return ResourceExhausted("too many requests are waiting for this model (" +
                               std::to_string(queue_.size()) + ")");
    }
    if (never_joined_.contains(signature)) request->kind.clear();
    queue_.push_back(request);
    wake_.notify_one();
    // The wait is by the machine's clock even in tests, as a last resort; expiry in the queue goes
    // by the injected clock.
    if (!request->answered.wait_for(lock, options_.deadline,
                                    [&] { return request->answer.has_value(); })) {
      std::erase(queue_, request);
      return DeadlineExceeded("the model did not answer in time");
    }
    return std::move(*request->answer);
  }

  std::size_t waiting() const override {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

  void Stop() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      for (const SharedRequest& request : queue_)
        Answer(*request, Cancelled("the model server is stopping"));
      queue_.clear();
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Serve() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      const std::vector<SharedRequest> batch = TakeBatch();
      if (batch.empty()) continue;
      lock.unlock();
      std::vector<Outputs> answers = RunBatch(batch);
      lock.lock();
      for (std::size_t i = 0; i < batch.size(); ++i) Answer(*batch[i], std::move(answers[i]));
    }
  }

  // Under the lock.
  std::vector<SharedRequest> TakeBatch() {
    std::vector<WaitingRequest> waiting;
    waiting.reserve(queue_.size());
    for (const SharedRequest& request : queue_)
      waiting.push_back({request->kind, request->rows, request->deadline});
    const BatchPlan plan = PlanBatch(waiting, clock_.SteadyNow(), options_.max_rows);
    std::vector<SharedRequest> batch;
    for (const std::size_t i : plan.run) batch.push_back(queue_[i]);
    std::vector<SharedRequest> gone = batch;
    for (const std::size_t i : plan.expired) {
      gone.push_back(queue_[i]);
      Answer(*queue_[i], DeadlineExceeded("the model did not come to this request in time"));
    }
    std::erase_if(queue_, [&](const SharedRequest& request) {
      return std::ranges::find(gone, request) != gone.end();
    });
    return batch;
  }

  // Under the lock.
  static void Answer(Request& request, Outputs answer) {
    request.answer = std::move(answer);
    request.answered.notify_one();
  }

  std::vector<Outputs> RunBatch(const std::vector<SharedRequest>& batch) {
    if (batch.size() > 1) {
      if (auto answers = RunJoined(batch)) return std::move(*answers);
    }
    std::vector<Outputs> answers;
    for (const SharedRequest& request : batch)
      answers.push_back(model_.Run(request->signature, request->inputs));
    return answers;
  }

  // Nothing when the joined run failed (then one bad row must not fail its neighbours) or gave
  // something that cannot be cut into rows (then this signature is never joined again).
  std::optional<std::vector<Outputs>> RunJoined(const std::vector<SharedRequest>& batch) {
    const std::vector<Tensor> inputs = Join(batch);
    const Outputs outputs = model_.Run(batch.front()->signature, inputs);
    if (!outputs.ok()) return std::nullopt;
    if (!HaveRows(*outputs, inputs[0].shape[0])) {
      const std::lock_guard lock(mutex_);
      never_joined_.insert(batch.front()->signature);
      for (const SharedRequest& request : queue_) {
        if (request->signature == batch.front()->signature) request->kind.clear();
      }
      return std::nullopt;
    }
    std::vector<Outputs> answers;
    std::int64_t row = 0;
    for (const SharedRequest& request : batch) {
      std::vector<Tensor> own;
      for (const Tensor& output : *outputs) own.push_back(SliceRows(output, row, request->rows));
      row += request->rows;
      answers.emplace_back(std::move(own));
    }
    return answers;
  }

  const Model& model_;
  const BatcherOptions options_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // guards everything below, and every request's answer
  std::condition_variable wake_;
  std::deque<SharedRequest> queue_;
  std::set<std::size_t> never_joined_;  // signatures whose joined output had not a row for each row
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Batcher> Batcher::Create(const Model& model, const BatcherOptions& options,
                                         const Clock& clock) {
  return std::make_unique<QueueBatcher>(model, options, clock);
}

}  // namespace sagebrush::serving
