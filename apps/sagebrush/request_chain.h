// SPDX-License-Identifier: Apache-2.0
// The request path, as one readable list (docs/architecture.md, "One request's life"):
//   private paths → which service → authenticate → decode → authorise → validate → handle → encode
// One RequestChain serves all worker threads; it changes nothing of its own after construction.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/router.h"
#include "aws/validate.h"
#include "base/clock.h"
#include "http/exchange.h"
#include "iam/decision.h"
#include "iam/identity.h"
#include "services/service.h"

namespace sagebrush::apps {

// What instances may ask over their own socket, and nobody else.
struct InstanceDoor {
  // The role credentials of an instance, as the container credentials endpoint answers.
  std::function<Result<Json>(const std::string& instance_id)> credentials;
  // Whether this request may come out of that instance: one that is cut off from the network must show its agent's token.
  std::function<bool(const std::string& instance_id, const http::Request& request)> admits;
};

class RequestChain {
 public:
  RequestChain(const iam::IdentityFiles& identity, iam::Authorizer& authorizer,
               std::vector<services::Service*> services, InstanceDoor door, const Clock& clock);

  void Handle(http::Exchange& exchange);

 private:
  struct Call;  // one request on its way down the list

  bool AnswerPrivatePath(http::Exchange& exchange);
  aws::Outcome<std::monostate> Walk(Call& call);
  aws::Outcome<std::monostate> Authenticate(Call& call);

  const iam::IdentityFiles& identity_;
  iam::Authorizer& authorizer_;
  std::map<std::string, services::Service*, std::less<>> services_;
  const InstanceDoor door_;
  const Clock& clock_;
  aws::Validator validator_;
};

}  // namespace sagebrush::apps
