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
#include <utility>

#include "serving/internal/instance_pool.h"

namespace sagebrush::serving {
namespace {

constexpr auto kDeadline = std::chrono::seconds(60);  // InvokeEndpoint's for a container's answer

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

http::Request ToContainer(const Invocation& invocation) {
  http::Request request;
  request.method = "POST";
  request.target = "/invocations";
  request.headers = invocation.headers;
  // The client's framing and connection are its own; the body is whole here.
  for (const std::string_view name :
       {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect"}) {
    request.headers.Remove(name);
  }
  request.headers.Set("Host", "localhost");
  return request;
}

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

  Result<InvocationAnswer> Invoke(const Invocation& invocation) override {
    const std::shared_ptr<Endpoint> endpoint = Find(invocation.endpoint_key);
    if (!endpoint) return NotFound("no endpoint " + invocation.endpoint_key + " is in service");
    const std::uint64_t turn = endpoint->drawn++;
    ASSIGN_OR_RETURN(const auto variants, Candidates(*endpoint, invocation.target_variant, turn));
    const http::Request request = ToContainer(invocation);
    const SteadyTime deadline = clock_.SteadyNow() + kDeadline;
    Status last =
        Unavailable("endpoint " + invocation.endpoint_key + " has no instance that is ready");
    for (const Variant* variant : variants) {
      for (const SharedPool& pool : ByLoad(*variant, turn)) {
        bool was_sent = false;
        auto response = pool->Call(request, invocation.body, deadline, &was_sent);
        if (response.ok())
          return InvocationAnswer{variant->name, static_cast<int>(variant->instances.size()),
                                  std::move(response).value()};
        last = response.status().WithContext("instance " + pool->id());
        // A prediction may have side effects: what was sent is not sent elsewhere.
        if (was_sent) return last;
        if (clock_.SteadyNow() >= deadline)
          return DeadlineExceeded("no instance could be reached within 60 seconds");
      }
    }
    return Unavailable(last.message());
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
