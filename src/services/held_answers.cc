// SPDX-License-Identifier: Apache-2.0
#include "services/held_answers.h"

namespace sagebrush::services {

struct HeldAnswers::Pending {
  const Operation& operation;
  RequestContext context;
  Json input;
  Send send;
  std::shared_ptr<void> watch;

  aws::Outcome<Json> Ask() const { return operation.document(context, input); }
};

void HeldAnswers::Answer(http::Exchange& exchange, const Operation& operation,
                         RequestContext context, Json input, Send send) {
  const auto pending = std::make_shared<Pending>(Pending{.operation = operation,
                                                         .context = std::move(context),
                                                         .input = std::move(input),
                                                         .send = std::move(send),
                                                         .watch = nullptr});
  Go(exchange, pending, true);
}

void HeldAnswers::Go(http::Exchange& exchange, const std::shared_ptr<Pending>& pending,
                     bool may_hold) {
  const auto answer = pending->Ask();
  std::optional<Hold> hold;
  if (may_hold && answer.ok() && pending->operation.hold != nullptr && held_.load() < at_most_)
    hold = pending->operation.hold(pending->context, pending->input, answer.value());
  const TimePoint now = clock_.Now();
  if (!hold || hold->until <= now) {
    pending->watch.reset();
    pending->send(exchange, answer);
    return;
  }

  ++held_;
  std::shared_ptr<void> counted(nullptr, [this](void*) { --held_; });
  const auto waker =
      exchange.Park(hold->until - now,
                    [this, pending, counted](http::Exchange& later, http::WhyResumed why) mutable {
                      counted.reset();
                      Go(later, pending, why == http::WhyResumed::kWoken);
                    });
  pending->watch = hold->watch(waker);
  // What changed between the asking and the watching.
  const auto again = pending->Ask();
  if (!again.ok() || again.value() != answer.value()) waker();
}

}  // namespace sagebrush::services
