// SPDX-License-Identifier: Apache-2.0
// Picks variant and instance and passes the request on. Each endpoint is an immutable list of
// variants over pools that outlive a Publish where the instance stays, so an update keeps its
// connections; the lock is held only to look one up. Variants are drawn by a golden-ratio sequence:
// after n requests each has its share to within one or two, where random numbers would be off by
// the root of n, and tests can count.
#include "serving/router.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "serving/internal/instance_pool.h"

namespace sagebrush::serving {
namespace {

constexpr auto kDeadline = std::chrono::seconds(60);  // InvokeEndpoint's for a container's answer
// A kept connection that was closed meanwhile breaks at the first word on it; one that breaks later was at work.
constexpr auto kStaleWithin = std::chrono::milliseconds(100);

// Shared: invocations under way finish on pools that a Publish has dropped.
using SharedPool = std::shared_ptr<InstancePool>;

struct Variant {
  std::string name;
  double weight = 0;
  std::vector<SharedPool> instances;
};

struct Endpoint {
  std::vector<Variant> variants;
  std::atomic<std::uint64_t> drawn = 0;
};

// In [0, 1), spread evenly over any stretch of consecutive n.
double GoldenFraction(std::uint64_t n) {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
  return static_cast<double>((n * kGolden) >> 11) * 0x1p-53;
}

// The drawn variant first, then the others that take traffic, heaviest first.
std::vector<const Variant*> InOrder(const Endpoint& endpoint, double fraction) {
  std::vector<const Variant*> order;
  for (const Variant& variant : endpoint.variants) {
    if (variant.weight > 0) order.push_back(&variant);
  }
  if (order.empty()) return order;
  const double total =
      std::accumulate(order.begin(), order.end(), 0.0,
                      [](double sum, const Variant* v) { return sum + v->weight; });
  double left = fraction * total;
  std::size_t drawn = 0;
  while (drawn + 1 < order.size() && left >= order[drawn]->weight) left -= order[drawn++]->weight;
  std::rotate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(drawn),
              order.begin() + static_cast<std::ptrdiff_t>(drawn) + 1);
  std::stable_sort(order.begin() + 1, order.end(),
                   [](const Variant* a, const Variant* b) { return a->weight > b->weight; });
  return order;
}

// Fewest requests under way first; equals take turns.
std::vector<SharedPool> ByLoad(const Variant& variant, std::uint64_t turn) {
  std::vector<SharedPool> pools = variant.instances;
  if (pools.empty()) return pools;
  std::rotate(pools.begin(), pools.begin() + static_cast<std::ptrdiff_t>(turn % pools.size()),
              pools.end());
  std::vector<std::pair<std::size_t, SharedPool>> loads;  // read once: it changes while we sort
  for (SharedPool& pool : pools) loads.emplace_back(pool->under_way(), std::move(pool));
  std::ranges::stable_sort(loads, {}, [](const auto& load) { return load.first; });
  for (std::size_t i = 0; i < loads.size(); ++i) pools[i] = std::move(loads[i].second);
  return pools;
}

http::Request ToContainer(http::Headers headers) {
  http::Request request;
  request.method = "POST";
  request.target = "/invocations";
  request.headers = std::move(headers);
  // The client's framing and connection are its own; the body is whole here.
  for (const std::string_view name :
       {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"}) {
    request.headers.Remove(name);
  }
  request.headers.Set("Host", "localhost");
  return request;
}

class PooledCall final : public RoutedCall {
 public:
  struct Candidate {
    std::string variant;
    int instances = 0;
    SharedPool pool;
  };

  PooledCall(Invocation invocation, std::vector<Candidate> candidates, const Clock& clock)
      : request_(ToContainer(std::move(invocation.headers))),
        body_(std::move(invocation.body)),
        candidates_(std::move(candidates)),
        most_answer_bytes_(invocation.most_answer_bytes),
        clock_(clock),
        deadline_(clock.SteadyNow() + kDeadline),
        last_failure_(
            Unavailable("endpoint " + invocation.endpoint_key +
                        " has no instance that is ready in a variant whose weight is above 0")) {
    if (!candidates_.empty()) visit_.emplace(candidates_.front().pool);
  }

  Result<Needs> Advance() override {
    if (!connection_) {
      if (!visit_) return Unavailable(last_failure_.message());
      if (!must_connect_) connection_ = (*visit_)->TakeKept();
      if (!connection_) return Needs::kConnection;
      is_kept_ = true;
      begun_ = clock_.SteadyNow();
      RETURN_IF_ERROR(connection_->Begin(request_, body_, most_answer_bytes_));
    }
    const auto progress = connection_->Advance();
    if (progress.ok()) return NeedsOf(*progress);
    // The other side may close an idle connection at any time, and that request was then never looked at: once more, on a
    // fresh one. A prediction may have side effects: whatever else was sent is not sent again, nor elsewhere.
    if (is_kept_ && !connection_->answer_begun() &&
        progress.status().code() == Code::kUnavailable &&
        clock_.SteadyNow() - begun_ <= kStaleWithin) {
      connection_.reset();
      must_connect_ = true;
      return Needs::kConnection;
    }
    return progress.status().WithContext("instance " + (*visit_)->id());
  }

  Result<Needs> Connect() override {
    const auto left = time_left();
    if (left.count() <= 0)
      return DeadlineExceeded("no instance could be reached within 60 seconds");
    auto fresh = (*visit_)->Connect(left);
    if (!fresh.ok()) {
      last_failure_ = fresh.status().WithContext("instance " + (*visit_)->id());
      must_connect_ = false;
      visit_.reset();
      if (++at_ < candidates_.size()) visit_.emplace(candidates_[at_].pool);
      return Advance();
    }
    connection_ = *std::move(fresh);
    is_kept_ = false;
    RETURN_IF_ERROR(connection_->Begin(request_, body_, most_answer_bytes_));
    return Advance();
  }

  int fd() const override { return connection_ ? connection_->wait_fd() : -1; }
  std::chrono::milliseconds time_left() const override {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline_ - clock_.SteadyNow());
  }

  std::uint64_t answer_memory() const override {
    return connection_ ? connection_->answer_memory() : 0;
  }

  InvocationAnswer TakeAnswer() override {
    InvocationAnswer answer{candidates_[at_].variant, candidates_[at_].instances,
                            connection_->TakeAnswer()};
    (*visit_)->Keep(*std::exchange(connection_, std::nullopt));
    return answer;
  }

 private:
  static Needs NeedsOf(http::ClientConnection::Progress progress) {
    switch (progress) {
      case http::ClientConnection::Progress::kDone:
        return Needs::kNothing;
      case http::ClientConnection::Progress::kToRead:
        return Needs::kToRead;
      case http::ClientConnection::Progress::kToWrite:
        break;
    }
    return Needs::kToWrite;
  }

  const http::Request request_;
  const std::string body_;
  const std::vector<Candidate> candidates_;  // the one to try first, first
  const std::uint64_t most_answer_bytes_;
  const Clock& clock_;
  const SteadyTime deadline_;
  SteadyTime begun_{};  // on a kept connection
  Status last_failure_;
  std::size_t at_ = 0;
  std::optional<InstancePool::Visit> visit_;  // to the candidate that is tried
  std::optional<http::ClientConnection> connection_;
  bool is_kept_ = false;       // the connection: not a fresh one
  bool must_connect_ = false;  // a kept one broke
};

class PooledRouter final : public Router {
 public:
  PooledRouter(Dialer& dialer, const Clock& clock) : dialer_(dialer), clock_(clock) {}

  void Publish(const std::string& endpoint_key, RoutedEndpoint routed) override {
    const std::lock_guard lock(mutex_);
    const std::shared_ptr<Endpoint> before = endpoints_[endpoint_key];
    auto endpoint = std::make_shared<Endpoint>();
    if (before) endpoint->drawn = before->drawn.load();
    for (RoutedVariant& variant : routed.variants) {
      Variant made{std::move(variant.name), std::isfinite(variant.weight) ? variant.weight : 0, {}};
      for (const RoutedInstance& instance : variant.instances) {
        SharedPool pool = before ? FindPool(*before, instance) : nullptr;
        made.instances.push_back(
            pool ? std::move(pool)
                 : std::make_shared<InstancePool>(instance.id, instance.port, dialer_, clock_));
      }
      endpoint->variants.push_back(std::move(made));
    }
    endpoints_[endpoint_key] = std::move(endpoint);
  }

  void Withdraw(const std::string& endpoint_key) override {
    std::shared_ptr<Endpoint> gone;  // its connections are closed outside the lock
    const std::lock_guard lock(mutex_);
    if (const auto found = endpoints_.find(endpoint_key); found != endpoints_.end()) {
      gone = std::move(found->second);
      endpoints_.erase(found);
    }
  }

  Result<std::unique_ptr<RoutedCall>> Invoke(Invocation invocation) override {
    const std::shared_ptr<Endpoint> endpoint = Find(invocation.endpoint_key);
    if (!endpoint) return NotFound("no endpoint " + invocation.endpoint_key + " is in service");
    const std::uint64_t turn = endpoint->drawn++;
    ASSIGN_OR_RETURN(const auto variants, Candidates(*endpoint, invocation.target_variant, turn));
    std::vector<PooledCall::Candidate> candidates;
    for (const Variant* variant : variants)
      for (const SharedPool& pool : ByLoad(*variant, turn))
        candidates.push_back({variant->name, static_cast<int>(variant->instances.size()), pool});
    return std::unique_ptr<RoutedCall>(
        std::make_unique<PooledCall>(std::move(invocation), std::move(candidates), clock_));
  }

 private:
  static SharedPool FindPool(const Endpoint& endpoint, const RoutedInstance& instance) {
    for (const Variant& variant : endpoint.variants) {
      for (const SharedPool& pool : variant.instances) {
        if (pool->id() == instance.id && pool->port() == instance.port) return pool;
      }
    }
    return nullptr;
  }

  static Result<std::vector<const Variant*>> Candidates(const Endpoint& endpoint,
                                                        const std::string& target,
                                                        std::uint64_t turn) {
    if (target.empty()) return InOrder(endpoint, GoldenFraction(turn));
    const auto found = std::ranges::find(endpoint.variants, target, &Variant::name);
    if (found == endpoint.variants.end())
      return InvalidArgument("the endpoint has no variant " + target);
    return std::vector<const Variant*>{&*found};
  }

  std::shared_ptr<Endpoint> Find(const std::string& endpoint_key) {
    const std::lock_guard lock(mutex_);
    const auto found = endpoints_.find(endpoint_key);
    return found == endpoints_.end() ? nullptr : found->second;
  }

  Dialer& dialer_;
  const Clock& clock_;
  std::mutex mutex_;  // guards endpoints_
  std::map<std::string, std::shared_ptr<Endpoint>> endpoints_;
};

}  // namespace

std::unique_ptr<Router> Router::Create(Dialer& dialer, const Clock& clock) {
  return std::make_unique<PooledRouter>(dialer, clock);
}

}  // namespace sagebrush::serving
