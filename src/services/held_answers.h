// SPDX-License-Identifier: Apache-2.0
// Answers of document operations, sent at once or held while the operation's rule wants it (service.h, HoldRule): parked
// without a worker, asked for anew after each change, given up when the client hangs up. Any thread; it must outlive the
// exchanges that it holds.
#pragma once

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "http/exchange.h"
#include "services/service.h"

namespace sagebrush::services {

class HeldAnswers {
 public:
  // Encodes and sends what the handler gave. Called once, on a worker, unless the client has gone before.
  using Send = std::function<void(http::Exchange&, const aws::Outcome<Json>&)>;

  // Beyond `at_most` held ones answers are sent at once: each is a connection and a few kilobytes.
  explicit HeldAnswers(const Clock& clock, int at_most = 2000) : clock_(clock), at_most_(at_most) {}

  // `operation` is borrowed until the answer is sent.
  void Answer(http::Exchange& exchange, const Operation& operation, RequestContext context,
              Json input, Send send);

  int held() const { return held_.load(); }

 private:
  struct Pending;
  // `may_hold`: something has changed, or nothing was looked at yet; not when the time is up or nobody listens.
  void Go(http::Exchange& exchange, const std::shared_ptr<Pending>& pending, bool may_hold);

  const Clock& clock_;
  const int at_most_;
  std::atomic<int> held_ = 0;
};

}  // namespace sagebrush::services
