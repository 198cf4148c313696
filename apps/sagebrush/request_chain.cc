// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/request_chain.h"

#include "apps/sagebrush/replayed_exchange.h"
#include "aws/protocol.h"
#include "aws/sigv4.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/log.h"

namespace sagebrush::apps {

namespace {

// Bodies that are read whole before anybody is believed. The largest document AWS takes is a Lambda or pipeline definition;
// DeleteObjects with 1000 keys of 1 KiB stays below 2 MB.
constexpr std::uint64_t kMaxDocument = 8 << 20;
// What an inference request may weigh (services/sagemaker_runtime says so in AWS's words; this is the wall behind it).
constexpr std::uint64_t kMaxSignedBody = 26 << 20;
constexpr char kJsonType[] = "application/json";

bool IsPayloadWord(std::string_view hash) {
  return hash == aws::kUnsignedPayload || hash.starts_with("STREAMING-");
}

}  // namespace

struct RequestChain::Call {
  http::Exchange& exchange;
  const http::Request& request;
  services::RequestContext context;
  aws::Route route;
  const aws::Operation* operation = nullptr;
  std::string body;  // whole, unless the operation streams it
  bool body_read = false;
  aws::ReplyTo reply_to;
};

RequestChain::RequestChain(const iam::IdentityFiles& identity, iam::Authorizer& authorizer,
                           std::vector<services::Service*> services, InstanceDoor door,
                           const Clock& clock)
    : identity_(identity), authorizer_(authorizer), door_(std::move(door)), clock_(clock) {
  for (auto* service : services) services_.emplace(service->name(), service);
}

void RequestChain::Handle(http::Exchange& exchange) {
  if (AnswerPrivatePath(exchange)) return;
  Call call{.exchange = exchange,
            .request = exchange.request(),
            .context = {},
            .route = {},
            .body = {},
            .reply_to = {}};
  call.context.request_id = NewUuid();
  call.context.now = clock_.Now();
  call.reply_to = {.request_id = call.context.request_id,
                   .host_id = Base64Encode(call.context.request_id),
                   .resource = std::string(call.request.raw_path()),
                   .is_head = call.request.method == "HEAD"};

  const auto outcome = Walk(call);
  if (outcome.ok()) return;
  const aws::Error error = outcome.error(call.route.protocol);
  http::Response response = aws::EncodeError(call.route, error, call.reply_to);
  if (response.status >= 500)
    LogError("request", call.context.request_id + " " + call.request.method + " " +
                            std::string(call.request.raw_path()) + ": " + error.code + ": " +
                            error.message);
  if (exchange.head_sent()) return;  // the connection is cut, which is all that can be said now
  (void)exchange.Send(std::move(response));  // a client that has gone needs no answer
}

bool RequestChain::AnswerPrivatePath(http::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto path = request.raw_path();
  if (request.peer.instance_id.empty() && !request.peer.is_loopback && !request.peer.is_tls) {
    (void)exchange.Send({.status = 403,
                         .headers = {},
                         .body = "From other machines this server is reached by https only.\n"});
    return true;
  }
  if (!request.peer.instance_id.empty() && !door_.admits(request.peer.instance_id, request)) {
    (void)exchange.Send({.status = 403,
                         .headers = {},
                         .body = "This instance has no network (EnableNetworkIsolation).\n"});
    return true;
  }
  if (!path.starts_with("/_sagebrush/")) return false;
  if (path == "/_sagebrush/health") {
    (void)exchange.Send({.status = 200,
                         .headers = {{"Content-Type", kJsonType}},
                         .body = "{\"status\":\"ready\"}\n"});
    return true;
  }
  if (path == "/_sagebrush/credentials" && !request.peer.instance_id.empty()) {
    const auto credentials = door_.credentials(request.peer.instance_id);
    if (credentials.ok()) {
      (void)exchange.Send(
          {.status = 200, .headers = {{"Content-Type", kJsonType}}, .body = credentials->Dump()});
    } else {
      (void)exchange.Send({.status = 404,
                           .headers = {{"Content-Type", kJsonType}},
                           .body = Json::Object({{"code", "NoCredentials"},
                                                 {"message", credentials.status().message()}})
                                       .Dump()});
    }
    return true;
  }
  (void)exchange.Send({.status = 404, .headers = {}, .body = "Not found.\n"});
  return true;
}

aws::Outcome<std::monostate> RequestChain::Walk(Call& call) {
  if (aws::IsForm(call.request)) {
    ASSIGN_OR_RETURN(call.body, call.exchange.ReadAll(kMaxDocument));
    call.body_read = true;
  }
  call.route = aws::RouteRequest(call.request, call.body);
  if (call.route.is_telemetry) {
    RETURN_IF_ERROR(call.exchange.Send({.status = 200, .headers = {}, .body = {}}));
    return std::monostate();
  }
  const auto operation = aws::RouteOperation(call.route, call.request);
  if (operation.ok()) call.operation = *operation;
  // S3 compares what it streams with the hash that was named and signed; for others the body must be here to be believed.
  const bool streams = call.operation != nullptr && aws::StreamsRequest(*call.operation);
  const bool checks_hash = call.route.protocol == aws::Protocol::kRestXml;
  if (!call.body_read && (!streams || !checks_hash)) {
    auto body = call.exchange.ReadAll(streams ? kMaxSignedBody : kMaxDocument);
    if (body.status().code() == Code::kResourceExhausted)
      return aws::MakeError(call.route.protocol, aws::Fault::kTooLarge, body.status().message());
    if (!body.ok()) return body.status();
    call.body = std::move(*body);
    call.body_read = true;
  }

  ASSIGN_OR_RETURN(const std::monostate authenticated, Authenticate(call));
  (void)authenticated;
  if (!operation.ok()) return operation.error(call.route.protocol);

  ASSIGN_OR_RETURN(const Json input,
                   aws::Decode(call.route, *call.operation, call.request,
                               streams ? std::string_view() : call.body));
  const auto service = services_.find(call.route.service->name);
  const services::Operation* handler = nullptr;
  if (service != services_.end()) {
    const auto it = service->second->operations().find(call.operation->name);
    if (it != service->second->operations().end()) handler = &it->second;
  }
  if (handler != nullptr) {
    for (const auto& wanted : handler->access(call.context, input)) {
      const auto effect = authorizer_.Decide(call.context.principal, wanted);
      if (!effect.ok()) return effect.status();
      if (*effect == iam::Effect::kAllowed) continue;
      const std::string why =
          *effect == iam::Effect::kExplicitDeny
              ? "with an explicit deny in an identity-based policy"
              : "because no identity-based policy allows the " + wanted.action + " action";
      return aws::MakeError(call.route.protocol, aws::Fault::kAccessDenied,
                            "User: " + call.context.principal.arn +
                                " is not authorized to perform: " + wanted.action +
                                " on resource: " + wanted.resource + " " + why);
    }
  }
  if (auto violation = validator_.Check(*call.route.service, *call.operation, input))
    return std::move(*violation);
  if (handler == nullptr) return aws::NotImplemented(call.route.protocol, *call.operation);
  if (handler->stream && call.body_read) {
    ReplayedExchange replayed(call.exchange, std::move(call.body));
    return handler->stream(call.context, input, replayed);
  }
  if (handler->stream) return handler->stream(call.context, input, call.exchange);
  ASSIGN_OR_RETURN(const Json result, handler->document(call.context, input));
  RETURN_IF_ERROR(
      call.exchange.Send(aws::Encode(call.route, *call.operation, result, call.reply_to)));
  return std::monostate();
}

aws::Outcome<std::monostate> RequestChain::Authenticate(Call& call) {
  const auto protocol = call.route.protocol;
  const auto presented = aws::ParsePresented(call.request);
  if (!presented.ok()) return aws::FromCodedStatus(protocol, presented.status());
  if (!*presented)
    return aws::MakeError(
        protocol,
        call.route.protocol == aws::Protocol::kRestXml ? aws::Fault::kAccessDenied
                                                       : aws::Fault::kNoCredentials,
        call.route.protocol == aws::Protocol::kRestXml ? "Access Denied"
                                                       : "Missing Authentication Token");
  const auto& claim = **presented;
  if (call.route.service != nullptr)
    if (const Status scope = aws::CheckScope(claim, call.route.service->signing_name); !scope.ok())
      return aws::FromCodedStatus(protocol, scope);
  const auto caller = identity_.Lookup(claim.access_key, claim.session_token);
  if (!caller.ok()) return aws::FromCodedStatus(protocol, caller.status());

  const auto named = call.request.headers.Get("x-amz-content-sha256");
  std::string hash(named.value_or(""));
  if (call.body_read) {
    const std::string actual = HexEncode(Sha256(call.body));
    if (hash.empty()) hash = actual;
    if (!IsPayloadWord(hash) && hash != actual)
      return aws::Error{
          .code = "XAmzContentSHA256Mismatch",
          .message = "The provided 'x-amz-content-sha256' header does not match what was computed.",
          .http_status = 400};
  } else if (hash.empty()) {
    hash = std::string(aws::kUnsignedPayload);
  }
  if (const Status verified =
          aws::Verify(call.request, claim, caller->secret_key, hash, call.context.now);
      !verified.ok())
    return aws::FromCodedStatus(protocol, verified);

  call.context.principal = caller->principal;
  call.context.account = caller->principal.account;
  call.context.region =
      claim.scope.region.empty() ? identity_.account().region : claim.scope.region;
  return std::monostate();
}

}  // namespace sagebrush::apps
