// SPDX-License-Identifier: Apache-2.0
// Service: one AWS service's handlers and its actions table, as the request chain (apps/sagebrush/request_chain.cc) sees them.
// Most operations are a function from the validated request document to the result document; typed structs are bound inside
// by aws::Bind. S3 streams and takes the Exchange itself; the runtime relays, and answers later. Registered once at start; then read by all threads.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/error.h"
#include "base/json.h"
#include "http/exchange.h"
#include "iam/decision.h"
#include "services/context.h"

namespace sagebrush::services {

// Document in, document out; both with the service model's member names. `input` has passed the model's constraints.
using DocumentHandler = std::function<aws::Outcome<Json>(const RequestContext&, const Json& input)>;
// Reads the request's body and writes the answer itself. `input` holds what stood outside the streamed body. A failure given
// back is written by the chain, if no head has left yet.
using StreamHandler = std::function<aws::Outcome<std::monostate>(
    const RequestContext&, const Json& input, http::Exchange&)>;

// Gives its answer to `answer`, once, from within the handler or from what it parked on the exchange: what it needs until then
// it must own. `body` is the request's, whole. It runs on an event loop wherever the exchange does: it must not wait there.
using Answer = std::function<void(http::Exchange&, aws::Outcome<http::Response>)>;
using RelayHandler = std::function<void(const RequestContext&, const Json& input, std::string body,
                                        http::Exchange&, Answer answer)>;

// What a call needs to be allowed: usually one pair, sometimes several (CopyObject: read the source, write the target),
// none for what everybody may (sts:GetCallerIdentity). The chain asks iam for each and refuses on the first that is not allowed.
using AccessRule =
    std::function<std::vector<iam::Access>(const RequestContext&, const Json& input)>;

// An answer that had better wait, because the client would otherwise sleep and ask again: until something changes, or that
// time. The chain holds it without a worker, asks the handler anew after each change, and the rule again.
struct Hold {
  TimePoint until{};
  // Has `changed` called after every change of what the answer tells of, until what it gives back is destroyed.
  std::function<std::shared_ptr<void>(std::function<void()> changed)> watch;
};
// context.now is when the request came, however often the rule is asked.
using HoldRule = std::function<std::optional<Hold>(const RequestContext&, const Json& input,
                                                   const Json& result)>;

struct Operation {
  DocumentHandler document;
  StreamHandler stream;
  AccessRule access;
  HoldRule hold = nullptr;       // of a document's answer; none: it is sent at once
  RelayHandler relay = nullptr;  // exactly one of document, stream, relay
  // It computes, or reads a record by its key, and waits for nothing and nobody: it runs on the event loop itself, where a
  // hand-over to a worker and back would cost as much as the rest.
  bool at_once = false;
};

class Service {
 public:
  virtual ~Service() = default;
  virtual std::string_view name()
      const = 0;  // as in aws/schema: "sagemaker", "s3", "sts", "iam", "logs", "sagemaker-runtime"
  virtual const std::map<std::string, Operation, std::less<>>& operations() const = 0;
};

// An access rule with one action on one resource, which `resource` makes from the request.
AccessRule Allow(std::string action,
                 std::function<std::string(const RequestContext&, const Json&)> resource);

}  // namespace sagebrush::services
