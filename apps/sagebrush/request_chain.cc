// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/request_chain.h"

#include <algorithm>
#include <optional>

#include "apps/sagebrush/package_endpoint.h"
#include "apps/sagebrush/replayed_exchange.h"
#include "aws/presigned_headers.h"
#include "aws/protocol.h"
#include "aws/required_checksum.h"
#include "aws/signature_refusal.h"
#include "aws/sigv4.h"
#include "base/gzip.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/log.h"
#include "base/strings.h"
#include "services/condition_keys.h"

namespace sagebrush::apps {

namespace {

// The server's own, none of AWS's.
constexpr std::string_view kPrivatePaths = "/_sagebrush/";

// Bodies that are read whole. The largest document AWS takes is a Lambda or pipeline definition; DeleteObjects with 1000 keys
// of 1 KiB stays below 2 MB. Only who names a key of ours may send as much, before the signature over it can be checked.
constexpr std::uint64_t kMaxDocument = 8 << 20;
constexpr std::uint64_t kMaxStrangersForm = 64
                                            << 10;  // it names the protocol in which she is refused
// What an inference request may weigh (services/sagemaker_runtime says so in AWS's words; this is the wall behind it).
constexpr std::uint64_t kMaxSignedBody = 26 << 20;
constexpr std::size_t kMaxLoggedPath = 512;
constexpr std::size_t kMaxLoggedKey = 32;
constexpr std::size_t kMaxLoggedMessage = 1024;
constexpr char kJsonType[] = "application/json";

// AWS's own names where it has some ("Common Errors" of S3 and of the JSON services).
std::string_view CodeOf(int status) {
  switch (status) {
    case 408:
      return "RequestTimeout";
    case 431:
      return "RequestHeaderSectionTooLarge";
    case 501:
      return "NotImplemented";
    default:
      return "BadRequest";
  }
}

// One line a failed request: its id, which the answer carries, finds it.
void LogFailure(int status, std::string text, const aws::Error& error) {
  text.append(": ").append(std::to_string(status)).append(" ").append(error.code);
  text.append(": ").append(FirstBytes(error.message, kMaxLoggedMessage));
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  if (status >= 500)
    LogError("request", text);
  else
    LogInfo("request", text);
}

// `line` says what was asked, for the log.
void SendError(http::Exchange& exchange, const aws::Route& route, const aws::Error& error,
               const aws::ReplyTo& reply_to, std::string line) {
  http::Response response = aws::EncodeError(route, error, reply_to);
  LogFailure(response.status, std::move(line), error);
  if (exchange.head_sent()) return;  // the connection is cut, which is all that can be said now
  (void)exchange.Send(std::move(response));  // a client that has gone needs no answer
}

constexpr std::string_view kStreaming = "STREAMING-";

// S3's upload from a browser, whose signature is among the form's fields.
bool IsHtmlForm(const http::Request& request) {
  return request.method == "POST" &&
         ToLower(request.headers.GetOr("Content-Type", "")).starts_with("multipart/form-data");
}

// What a log line says of a request; everything in it that a client chose is made one line.
std::string Describe(const http::Request& request, const std::string& id, const aws::Route& route,
                     const aws::Operation* operation, std::string_view who) {
  std::string text = id;
  text.append(" ").append(request.method).append(" ");
  text.append(FirstBytes(request.raw_path(), kMaxLoggedPath));
  text.append(" ").append(route.service == nullptr ? "-" : route.service->name);
  if (operation != nullptr) text.append(":").append(operation->name);
  return text.append(" by ").append(who).append(" from ").append(request.peer.address);
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
  std::string body_hash;                // as it came
  std::optional<aws::Presented> claim;  // who she says she is, after Identify
  std::shared_ptr<const KnownCaller> caller;
  aws::ReplyTo reply_to;
};

// What an answer needs of its request, however late it comes. Shared, because what is held or parked is a std::function, which
// wants copies.
struct RequestChain::Reply {
  aws::Route route;
  const aws::Operation& operation;
  aws::ReplyTo reply_to;
  std::string who;
};

std::string RequestChain::Describe(const Call& call) {
  std::string who = "nobody";
  if (!call.context.principal.arn.empty())
    who = call.context.principal.arn;
  else if (call.claim)
    who = "unknown key " + std::string(FirstBytes(call.claim->access_key, kMaxLoggedKey));
  return apps::Describe(call.request, call.context.request_id, call.route, call.operation, who);
}

RequestChain::RequestChain(const iam::IdentityFiles& identity, iam::Authorizer& authorizer,
                           std::vector<services::Service*> services,
                           const InstanceAccess& instances, const Clock& clock)
    : identity_(identity),
      callers_(identity, clock),
      authorizer_(authorizer),
      instances_(instances),
      clock_(clock) {
  for (auto* service : services) services_.emplace(service->name(), service);
}

void RequestChain::Handle(http::Exchange& exchange) {
  if (AnswerPrivatePath(exchange)) return;
  Call call{.exchange = exchange,
            .request = exchange.request(),
            .context = {},
            .route = {},
            .body = {},
            .body_hash = {},
            .claim = {},
            .caller = {},
            .reply_to = {}};
  call.context.request_id = NewUuid();
  call.context.now = clock_.Now();
  call.context.user_agent = call.request.headers.GetOr("user-agent", "");
  call.reply_to = {.request_id = call.context.request_id,
                   .host_id = Base64Encode(call.context.request_id),
                   .is_head = call.request.method == "HEAD"};

  const auto outcome = Walk(call);
  if (outcome.ok()) return;  // answered, or held and answered later
  SendError(exchange, call.route, outcome.error(call.route.protocol), call.reply_to,
            Describe(call));
}

http::Response RequestChain::Refuse(const http::Refusal& refusal) const {
  const aws::Route route =
      refusal.request == nullptr ? aws::Route{} : aws::RouteRequest(*refusal.request, {});
  aws::Error error{.code = std::string(CodeOf(refusal.status)),
                   .message = std::string(refusal.text)};
  if (refusal.status == 403)
    error = aws::MakeError(route.protocol, aws::Fault::kAccessDenied, error.message);
  if (refusal.status == 503)
    error = aws::MakeError(route.protocol, aws::Fault::kThrottled, error.message);
  error.http_status = refusal.status;
  const std::string id = NewUuid();
  aws::ReplyTo reply_to{.request_id = id, .host_id = Base64Encode(id), .is_head = false};
  std::string who = id;
  if (refusal.request != nullptr) {
    reply_to.is_head = refusal.request->method == "HEAD";
    who.append(" ")
        .append(refusal.request->method)
        .append(" ")
        .append(FirstBytes(refusal.request->raw_path(), kMaxLoggedPath));
  }
  LogFailure(refusal.status, who + " from " + refusal.peer.address, error);
  return aws::EncodeError(route, error, reply_to);
}

bool RequestChain::AnswerPrivatePath(http::Exchange& exchange) {
  const auto& request = exchange.request();
  const auto path = request.raw_path();
  if (request.peer.instance_id.empty() && !request.peer.is_loopback && !request.peer.is_tls) {
    (void)exchange.Send(Refuse({403,
                                "From other machines this server is reached by https only: use "
                                "its https address.",
                                request.peer, &request}));
    return true;
  }
  if (!request.peer.instance_id.empty() && !instances_.Admits(request.peer.instance_id, request)) {
    (void)exchange.Send(Refuse(
        {403, "This instance has no network (EnableNetworkIsolation).", request.peer, &request}));
    return true;
  }
  if (!path.starts_with(kPrivatePaths)) return false;
  if (path.starts_with(kPackagesPath) && !request.peer.instance_id.empty()) {
    instances_.ServePackages(request.peer.instance_id, exchange);
    return true;
  }
  if (path == "/_sagebrush/health") {
    (void)exchange.Send({.status = 200,
                         .headers = {{"Content-Type", kJsonType}},
                         .body = "{\"status\":\"ready\"}\n"});
    return true;
  }
  if (path == "/_sagebrush/credentials" && !request.peer.instance_id.empty()) {
    if (!instances_.MayHaveCredentials(request.peer.instance_id, request)) {
      (void)exchange.Send({.status = 403,
                           .headers = {{"Content-Type", kJsonType}},
                           .body = Json::Object({{"code", "AccessDenied"},
                                                 {"message",
                                                  "The Authorization header must be the instance's "
                                                  "AWS_CONTAINER_AUTHORIZATION_TOKEN."}})
                                       .Dump()});
      return true;
    }
    const auto credentials = instances_.CredentialsOf(request.peer.instance_id);
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
    const auto claim = aws::ParsePresented(call.request);
    const bool is_known = claim.ok() && *claim && callers_.Find(**claim).ok();
    call.route.protocol = aws::Protocol::kQuery;
    ASSIGN_OR_RETURN(const std::monostate read,
                     ReadBody(call, is_known ? kMaxDocument : kMaxStrangersForm));
    (void)read;
    ASSIGN_OR_RETURN(const std::monostate unpacked, UnpackBody(call));
    (void)unpacked;
  }
  call.route = aws::RouteRequest(call.request, call.body);
  if (call.route.is_telemetry) {
    RETURN_IF_ERROR(call.exchange.Send({.status = 200, .headers = {}, .body = {}}));
    return std::monostate();
  }
  const auto operation = aws::RouteOperation(call.route, call.request);
  if (operation.ok()) call.operation = *operation;
  ASSIGN_OR_RETURN(const std::monostate identified, Identify(call));
  (void)identified;
  // S3 compares what it streams with the hash that was named and signed; for others the body must be here to be believed.
  const bool streams = call.operation != nullptr && aws::StreamsRequest(*call.operation);
  const bool checks_hash = call.route.protocol == aws::Protocol::kRestXml;
  if (!call.body_read && (!streams || !checks_hash)) {
    ASSIGN_OR_RETURN(const std::monostate read,
                     ReadBody(call, streams ? kMaxSignedBody : kMaxDocument));
    (void)read;
    if (!streams && !checks_hash) {
      ASSIGN_OR_RETURN(const std::monostate unpacked, UnpackBody(call));
      (void)unpacked;
    }
  }

  ASSIGN_OR_RETURN(const std::monostate authenticated, Authenticate(call));
  (void)authenticated;
  if (!operation.ok()) return operation.error(call.route.protocol);
  std::optional<http::Request> presigned;
  if (call.route.protocol == aws::Protocol::kRestXml &&
      call.claim->form != aws::Presented::Form::kHeader) {
    ASSIGN_OR_RETURN(presigned, aws::WithHeadersOfQuery(call.request, *call.claim));
  }
  const http::Request& request = presigned ? *presigned : call.request;

  const services::Operation* const handler = FindHandler(call.route, *call.operation);
  if (handler != nullptr)
    if (auto refusal = aws::CheckRequiredChecksum(*call.operation, request.headers, call.body))
      return std::move(*refusal);
  ASSIGN_OR_RETURN(Json input, aws::Decode(call.route, *call.operation, request,
                                           streams ? std::string_view() : call.body));
  if (handler != nullptr) {
    const auto global = services::GlobalConditionKeys(call.context, call.request.peer);
    for (auto& wanted : handler->access(call.context, input)) {
      wanted.context.insert(global.begin(), global.end());
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
  if (handler->stream) {
    ReplayedExchange replayed(call.exchange, std::move(call.body));
    auto outcome =
        handler->stream(call.context, input,
                        call.body_read ? static_cast<http::Exchange&>(replayed) : call.exchange);
    if (!outcome.ok()) return outcome;
    NoteAnswered(call.request, call.route, *call.operation);
    if (IsLogged(LogLevel::kDebug)) LogDebug("request", Describe(call) + ": answered");
    return outcome;
  }
  const auto reply = std::make_shared<const Reply>(Reply{.route = std::move(call.route),
                                                         .operation = *call.operation,
                                                         .reply_to = std::move(call.reply_to),
                                                         .who = call.context.principal.arn});
  if (handler->relay) {
    handler->relay(call.context, input, std::move(call.body), call.exchange,
                   [this, reply](http::Exchange& exchange, aws::Outcome<http::Response> outcome) {
                     Send(exchange, *reply, std::move(outcome));
                   });
    return std::monostate();
  }
  held_.Answer(
      call.exchange, *handler, std::move(call.context), std::move(input),
      [this, reply](http::Exchange& exchange, const aws::Outcome<Json>& result) {
        if (result.ok())
          Send(exchange, *reply,
               aws::Encode(reply->route, reply->operation, result.value(), reply->reply_to));
        else
          Send(exchange, *reply, result.error(reply->route.protocol));
      });
  return std::monostate();
}

void RequestChain::Send(http::Exchange& exchange, const Reply& reply,
                        aws::Outcome<http::Response> outcome) const {
  const auto line = [&] {
    return apps::Describe(exchange.request(), reply.reply_to.request_id, reply.route,
                          &reply.operation, reply.who);
  };
  if (!outcome.ok())
    return SendError(exchange, reply.route, outcome.error(reply.route.protocol), reply.reply_to,
                     line());
  NoteAnswered(exchange.request(), reply.route, reply.operation);
  if (IsLogged(LogLevel::kDebug)) LogDebug("request", line() + ": answered");
  (void)exchange.Send(std::move(outcome).value());  // a client that has gone needs no answer
}

void RequestChain::NoteAnswered(const http::Request& request, const aws::Route& route,
                                const aws::Operation& operation) const {
  if (calls_ == nullptr) return;
  calls_->Add(route.service->name, operation.name, request.headers.GetOr("User-Agent", ""));
}

const services::Operation* RequestChain::FindHandler(const aws::Route& route,
                                                     const aws::Operation& operation) const {
  const auto service = services_.find(route.service->name);
  if (service == services_.end()) return nullptr;
  const auto found = service->second->operations().find(operation.name);
  return found == service->second->operations().end() ? nullptr : &found->second;
}

bool RequestChain::RunsAtOnce(const http::Request& request) const {
  if (aws::IsForm(request) || request.raw_path().starts_with(kPrivatePaths)) return false;
  const aws::Route route = aws::RouteRequest(request, {});
  // S3 waits for disks, all of it; and finding its operation is the most work.
  if (route.service == nullptr || route.protocol == aws::Protocol::kRestXml) return false;
  const auto operation = aws::RouteOperation(route, request);
  if (!operation.ok()) return false;
  const services::Operation* const handler = FindHandler(route, **operation);
  return handler != nullptr && handler->at_once;
}

aws::Outcome<std::monostate> RequestChain::ReadBody(Call& call, std::uint64_t limit) {
  auto body = call.exchange.ReadAll(limit);
  if (body.status().code() == Code::kResourceExhausted)
    return aws::MakeError(call.route.protocol, aws::Fault::kTooLarge, body.status().message());
  if (body.status().code() == Code::kDeadlineExceeded)
    return aws::Error{.code = "RequestTimeout",
                      .message = "The request's body did not arrive in time. Send it again.",
                      .http_status = 408};
  if (!body.ok()) return body.status();
  call.body = std::move(*body);
  call.body_read = true;
  call.body_hash = HexEncode(Sha256(call.body));
  return std::monostate();
}

// Clients compress large documents (botocore: PutMetricData from 10 KiB on); the signature covers what they send.
aws::Outcome<std::monostate> RequestChain::UnpackBody(Call& call) {
  if (!EqualsIgnoreCase(call.request.headers.GetOr("content-encoding", ""), "gzip"))
    return std::monostate();
  auto unpacked = Gunzip(call.body, kMaxDocument);
  if (unpacked.status().code() == Code::kResourceExhausted)
    return aws::MakeError(call.route.protocol, aws::Fault::kTooLarge, unpacked.status().message());
  if (!unpacked.ok())
    return aws::MakeError(
        call.route.protocol, aws::Fault::kMalformed,
        "The request's body is not what its Content-Encoding says: " + unpacked.status().message());
  call.body = std::move(*unpacked);
  return std::monostate();
}

// Before any body is read: a key that nobody has cannot make us keep megabytes.
aws::Outcome<std::monostate> RequestChain::Identify(Call& call) {
  const auto protocol = call.route.protocol;
  auto presented = aws::ParsePresented(call.request);
  if (!presented.ok()) return aws::FromCodedStatus(protocol, presented.status());
  if (!*presented && protocol == aws::Protocol::kRestXml && IsHtmlForm(call.request))
    return aws::Error{.code = "NotImplemented",
                      .message =
                          "This server takes no uploads by a form: send the object with PUT, for "
                          "example to a presigned URL of PutObject.",
                      .http_status = 501};
  if (!*presented)
    return aws::MakeError(
        protocol,
        call.route.protocol == aws::Protocol::kRestXml ? aws::Fault::kAccessDenied
                                                       : aws::Fault::kNoCredentials,
        call.route.protocol == aws::Protocol::kRestXml ? "Access Denied"
                                                       : "Missing Authentication Token");
  call.claim = std::move(**presented);
  if (call.route.service != nullptr)
    if (const Status scope = aws::CheckScope(*call.claim, call.route.service->signing_name);
        !scope.ok())
      return aws::FromCodedStatus(protocol, scope);
  auto caller = callers_.Find(*call.claim);
  if (!caller.ok()) return aws::FromCodedStatus(protocol, caller.status());
  if (const std::string& instance = (*caller)->principal.instance;
      !instance.empty() && !instances_.Exists(instance))
    return aws::FromCodedStatus(
        protocol,
        PermissionDenied("ExpiredToken: The security token included in the request is expired"));
  call.caller = *std::move(caller);
  call.context.principal = call.caller->principal;
  call.context.account = call.context.principal.account;
  call.context.region =
      call.claim->scope.region.empty() ? identity_.account().region : call.claim->scope.region;
  return std::monostate();
}

aws::Outcome<std::monostate> RequestChain::Authenticate(Call& call) {
  const auto named = call.request.headers.Get("x-amz-content-sha256");
  std::string hash(named.value_or(""));
  if (call.body_read) {
    if (hash.empty()) hash = call.body_hash;
    if (hash.starts_with(kStreaming))  // wrapped in chunks, which only uploads may be
      return aws::NotImplementedHeader("x-amz-content-sha256");
    if (hash != aws::kUnsignedPayload && hash != call.body_hash)
      return aws::Error{
          .code = "XAmzContentSHA256Mismatch",
          .message = "The provided 'x-amz-content-sha256' header does not match what was computed.",
          .http_status = 400};
  } else if (hash.empty()) {
    hash = std::string(aws::kUnsignedPayload);
  }
  const Status verified = aws::Verify(call.request, *call.claim, call.caller->secret_key, hash,
                                      call.context.now, call.caller->signing_key);
  if (verified.ok()) return std::monostate();
  aws::Error refusal = aws::FromCodedStatus(call.route.protocol, verified);
  if (call.route.protocol == aws::Protocol::kRestXml)
    return aws::WithSignature(std::move(refusal), call.request, *call.claim, hash,
                              call.context.now);
  return refusal;
}

}  // namespace sagebrush::apps
