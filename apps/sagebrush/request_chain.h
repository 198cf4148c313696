// SPDX-License-Identifier: Apache-2.0
// The request path, as one readable list (docs/architecture.md, "One request's life"):
//   private paths → which service → identify → read the body → authenticate → decode → authorise → validate → handle, or hold → encode
// One RequestChain serves all workers and event loops; it changes nothing of its own after construction, but for who has called lately.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/sagebrush/call_record.h"
#include "apps/sagebrush/instance_access.h"
#include "apps/sagebrush/known_callers.h"
#include "aws/router.h"
#include "aws/sigv4.h"
#include "aws/validate.h"
#include "base/clock.h"
#include "http/exchange.h"
#include "http/server.h"
#include "iam/decision.h"
#include "iam/identity.h"
#include "services/held_answers.h"
#include "services/service.h"

namespace sagebrush::apps {

class RequestChain {
 public:
  RequestChain(const iam::IdentityFiles& identity, iam::Authorizer& authorizer,
               std::vector<services::Service*> services, const InstanceAccess& instances,
               const Clock& clock);

  void Handle(http::Exchange& exchange);
  // Whether Handle waits for nothing with this request, of which all is here (http::ServerOptions::runs_at_once).
  bool RunsAtOnce(const http::Request& request) const;
  // What the server refuses before it gets here, as the service would that it was meant for.
  http::Response Refuse(const http::Refusal& refusal) const;

 private:
  struct Call;   // one request on its way down the list
  struct Reply;  // and what its answer needs of it

  bool AnswerPrivatePath(http::Exchange& exchange);
  aws::Outcome<std::monostate> Walk(Call& call);
  const services::Operation* FindHandler(const aws::Route& route,
                                         const aws::Operation& operation) const;  // null: none
  aws::Outcome<std::monostate> ReadBody(Call& call, std::uint64_t limit);
  aws::Outcome<std::monostate> UnpackBody(Call& call);
  aws::Outcome<std::monostate> Identify(Call& call);
  aws::Outcome<std::monostate> Authenticate(Call& call);
  static std::string Describe(const Call& call);
  void Send(http::Exchange& exchange, const Reply& reply,
            aws::Outcome<http::Response> outcome) const;
  void NoteAnswered(const http::Request& request, const aws::Route& route,
                    const aws::Operation& operation) const;

  const iam::IdentityFiles& identity_;
  KnownCallers callers_;
  iam::Authorizer& authorizer_;
  std::map<std::string, services::Service*, std::less<>> services_;
  const InstanceAccess& instances_;
  const Clock& clock_;
  aws::Validator validator_;
  services::HeldAnswers held_{clock_};
  const std::unique_ptr<CallRecord> calls_ = CallRecord::FromEnvironment();  // null: none is kept
};

}  // namespace sagebrush::apps
