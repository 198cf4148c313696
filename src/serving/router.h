// SPDX-License-Identifier: Apache-2.0
// Router: takes an invocation of an endpoint to one of its ready instances and brings the answer back. Keeps idle
// connections per instance; drops an instance that cannot be reached and tries the next one when nothing was sent yet.
// The endpoint table is published by the orchestrator as an immutable snapshot. Any thread may call.
#pragma once

#include <chrono>
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
};
struct InvocationAnswer {
  std::string variant;
  int instances = 0;        // that the variant has ready
  http::Response response;  // the container's own, whatever its status
};

class Router {
 public:
  static std::unique_ptr<Router> Create(Dialer& dialer, const Clock& clock);
  virtual ~Router() = default;

  // Replaces what is known of the endpoint; in-flight invocations finish on what they hold.
  virtual void Publish(const std::string& endpoint_key, RoutedEndpoint endpoint) = 0;
  virtual void Withdraw(const std::string& endpoint_key) = 0;

  // kNotFound: no such endpoint is published; kInvalidArgument: no such variant; kUnavailable: no instance could be reached;
  // kDeadlineExceeded: the container did not answer within 60 s.
  virtual Result<InvocationAnswer> Invoke(const Invocation& invocation) = 0;
};

}  // namespace sagebrush::serving
