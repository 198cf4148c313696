// SPDX-License-Identifier: Apache-2.0
// Router: takes an invocation of an endpoint to one of its ready instances and brings the answer back. Keeps idle
// connections per instance; drops an instance that cannot be reached and tries the next one when nothing was sent yet.
// The endpoint table is published by the orchestrator as an immutable snapshot. Any thread may call. It waits for nothing
// itself: who invokes drives the call, from an event loop while it is on its way.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "http/message.h"
#include "serving/dialer.h"

namespace sagebrush::serving {

struct RoutedInstance {
  std::string id;
  int port = 8080;
};
struct RoutedVariant {
  std::string name;
  double weight = 1;
  std::vector<RoutedInstance> instances;  // ready ones only
};
struct RoutedEndpoint {
  std::vector<RoutedVariant> variants;
};

struct Invocation {
  std::string endpoint_key;    // "account/region/name"
  std::string target_variant;  // "" picks by weight
  http::Headers headers;  // Content-Type, Accept, X-Amzn-SageMaker-Custom-Attributes, …: passed on
  std::string body;
  std::uint64_t most_answer_bytes = 25'000'000;  // a payload's quota; a longer answer fails
};
struct InvocationAnswer {
  std::string variant;
  int instances = 0;        // that the variant has ready
  http::Response response;  // the container's own, whatever its status
};

// One invocation on its way to an instance and back. To be destroyed when nobody wants the answer any more. One thread at a
// time; it may outlive the endpoint, not the router.
class RoutedCall {
 public:
  enum class Needs { kNothing, kToRead, kToWrite, kConnection };

  virtual ~RoutedCall() = default;
  // Goes on as far as it can without waiting, and says for what it waits: the descriptor, Connect(), or nothing any more.
  // kUnavailable: no instance could be reached, or it hung up; kResourceExhausted: its answer is too long; else what broke. A
  // failure is the end.
  virtual Result<Needs> Advance() = 0;
  // Opens a connection to the next instance, which may wait for some seconds, and goes on.
  virtual Result<Needs> Connect() = 0;
  virtual int fd() const = 0;
  // When its owner should give up; what it may still wait for until then.
  virtual std::chrono::milliseconds time_left() const = 0;
  // What the answer has taken so far.
  virtual std::uint64_t answer_memory() const = 0;
  virtual InvocationAnswer TakeAnswer() = 0;  // once, when nothing is needed
};

class Router {
 public:
  static std::unique_ptr<Router> Create(Dialer& dialer, const Clock& clock);
  virtual ~Router() = default;

  // Replaces what is known of the endpoint; in-flight invocations finish on what they hold.
  virtual void Publish(const std::string& endpoint_key, RoutedEndpoint endpoint) = 0;
  virtual void Withdraw(const std::string& endpoint_key) = 0;

  // kNotFound: no such endpoint is published; kInvalidArgument: no such variant. The container has 60 s to answer.
  virtual Result<std::unique_ptr<RoutedCall>> Invoke(Invocation invocation) = 0;
};

}  // namespace sagebrush::serving
