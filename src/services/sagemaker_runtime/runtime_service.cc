// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_runtime/runtime_service.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "orchestrator/controller.h"

namespace sagebrush::services::sagemaker_runtime {

namespace {

// Runtime endpoints and quotas: 25 MB a payload (Amazon SageMaker AI quotas).
constexpr std::uint64_t kMaxBody = 25'000'000;
constexpr std::size_t kMaxErrorText = 4096;

aws::Error ValidationError(std::string message) {
  return {.code = "ValidationError", .message = std::move(message)};
}

// What a container says in an error, fit for ours: text, and not too much of it.
// Looks at no more than it shows: a body may be long, and this is an event loop.
std::string Printable(std::string_view body) {
  const std::string_view shown = FirstBytes(body, kMaxErrorText);
  if (!IsValidUtf8(shown) || shown.empty() != body.empty())
    return "(" + std::to_string(body.size()) + " bytes that are no text)";
  return std::string(shown);
}

// What asks for more than one model behind a variant. The first sentence is AWS's (BerriAI/litellm and others quote it).
std::optional<aws::Error> RefuseTarget(const Json& input) {
  const std::string endpoint = "endpoint " + input.GetString("EndpointName");
  if (input.Has("InferenceComponentName"))
    return ValidationError(
        "Inference Component Name header is not allowed for endpoints to which you dont plan to "
        "deploy inference components. Please remove the Inference Component Name header and try "
        "again.");
  if (input.Has("TargetModel"))
    return ValidationError("TargetModel is for multi-model endpoints; " + endpoint +
                           " has one model for each variant. Leave it out.");
  if (input.Has("TargetContainerHostname"))
    return ValidationError("TargetContainerHostname is for multi-container endpoints; " + endpoint +
                           " has one container for each variant. Leave it out.");
  if (input.Has("EnableExplanations"))
    return ValidationError("EnableExplanations is for endpoints with an ExplainerConfig; " +
                           endpoint + " has none. Leave it out.");
  return std::nullopt;
}

// What of the limits is taken.
class Places {
 public:
  explicit Places(RuntimeLimits limits) : limits_(limits) {}
  const RuntimeLimits& limits() const { return limits_; }

  class Place {
   public:
    Place(Places& places, std::uint64_t request_bytes)
        : places_(places), request_bytes_(request_bytes) {
      const bool has_number = ++places_.taken_ <= places_.limits_.invocations;
      has_room_ = (places_.bytes_ += request_bytes) <= places_.limits_.payload_bytes && has_number;
    }
    ~Place() {
      --places_.taken_;
      places_.bytes_ -= request_bytes_ + answer_bytes_;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    bool has_room() const { return has_room_; }
    // The answer has grown to so many bytes. False when that is too much.
    bool Charge(std::uint64_t answer_bytes) {
      // Unsigned: less than before wraps round, and comes out right.
      const std::uint64_t all = places_.bytes_ += answer_bytes - answer_bytes_;
      const bool has_grown = answer_bytes > answer_bytes_;
      answer_bytes_ = answer_bytes;
      return !has_grown || all <= places_.limits_.payload_bytes;
    }

   private:
    Places& places_;
    const std::uint64_t request_bytes_;
    std::uint64_t answer_bytes_ = 0;
    bool has_room_ = false;
  };

 private:
  const RuntimeLimits limits_;
  std::atomic<int> taken_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

using SteadyClock = std::chrono::steady_clock;
std::chrono::microseconds Micros(SteadyClock::time_point from, SteadyClock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

// One invocation, from the request to its answer.
struct UnderWay {
  UnderWay(const RequestContext& request_context, const Json& input, Places& places,
           std::size_t body_size, Answer to_answer)
      : begun(SteadyClock::now()),
        context(request_context),
        endpoint(input.GetString("EndpointName")),
        variant(input.GetString("TargetVariant")),
        place(places, body_size),
        answer(std::move(to_answer)) {}

  const SteadyClock::time_point begun;
  SteadyClock::time_point asked;  // when it was handed to the router
  const RequestContext context;
  const std::string endpoint;
  const std::string variant;  // that was asked for
  Places::Place place;
  const Answer answer;
  std::unique_ptr<serving::RoutedCall> call;
};
// Shared, because what is parked is a std::function, which wants copies.
using SharedUnderWay = std::shared_ptr<UnderWay>;

class RuntimeService final : public Service {
 public:
  RuntimeService(serving::Router& router, metastore::RecordStore& records,
                 sagemaker_metrics::InvocationMetrics& metrics, RuntimeLimits limits)
      : places_(limits), router_(router), records_(records), metrics_(metrics) {
    operations_.emplace(
        "InvokeEndpoint",
        Operation{.document = nullptr,
                  .stream = nullptr,
                  .access = Allow("sagemaker:InvokeEndpoint",
                                  [](const RequestContext& context, const Json& input) {
                                    return context.Arn(
                                        "sagemaker",
                                        "endpoint/" + ToLower(input.GetString("EndpointName")));
                                  }),
                  .relay =
                      [this](const RequestContext& context, const Json& input, std::string body,
                             http::Exchange& exchange, Answer answer) {
                        Invoke(context, input, std::move(body), exchange, std::move(answer));
                      },
                  .at_once = true});
  }

  std::string_view name() const override { return "sagemaker-runtime"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  using Needs = serving::RoutedCall::Needs;

  void Invoke(const RequestContext& context, const Json& input, std::string body,
              http::Exchange& exchange, Answer answer) {
    if (body.size() > kMaxBody)
      return answer(exchange, aws::Error{.code = "ValidationError",
                                         .message = "Request payload exceeds the limit of " +
                                                    std::to_string(kMaxBody) + " bytes",
                                         .http_status = 413});
    const auto invocation =
        std::make_shared<UnderWay>(context, input, places_, body.size(), std::move(answer));
    if (!invocation->place.has_room()) return invocation->answer(exchange, Throttled());
    serving::Invocation asked{.endpoint_key = context.scope() + "/" + invocation->endpoint,
                              .target_variant = invocation->variant,
                              .headers = {},
                              .body = std::move(body),
                              .most_answer_bytes = kMaxBody};
    for (const char* name : {"Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes",
                             "X-Amzn-SageMaker-Inference-Id", "X-Amzn-SageMaker-Session-Id"})
      if (const auto value = exchange.request().headers.Get(name))
        asked.headers.Add(name, std::string(*value));
    invocation->asked = SteadyClock::now();
    auto call = router_.Invoke(std::move(asked));
    if (!call.ok()) return Drive(exchange, invocation, call.status());
    if (auto refusal = RefuseTarget(input))
      return invocation->answer(exchange, *std::move(refusal));
    invocation->call = *std::move(call);
    Drive(exchange, invocation, invocation->call->Advance());
  }

  // Parks the exchange until what the call needs is there. No thread waits meanwhile; only a new connection to the instance is
  // made on a worker.
  void Drive(http::Exchange& exchange, const SharedUnderWay& invocation, Result<Needs> needs) {
    if (!needs.ok()) return invocation->answer(exchange, Refuse(*invocation, needs.status()));
    if (!invocation->place.Charge(invocation->call->answer_memory()) && *needs != Needs::kNothing)
      return invocation->answer(exchange, Throttled());
    const auto left = invocation->call->time_left();
    switch (*needs) {
      case Needs::kNothing:
        return Finish(exchange, *invocation);
      case Needs::kConnection: {
        const auto at_once =
            exchange.Park(left, [this, invocation](http::Exchange& later, http::WhyResumed) {
              Drive(later, invocation, invocation->call->Connect());
            });
        return at_once();
      }
      case Needs::kToRead:
      case Needs::kToWrite:
        break;
    }
    (void)exchange.ParkOn(
        invocation->call->fd(),
        *needs == Needs::kToRead ? http::Exchange::Ready::kToRead : http::Exchange::Ready::kToWrite,
        left, [this, invocation](http::Exchange& later, http::WhyResumed why) {
          if (why == http::WhyResumed::kTimeIsUp)
            return Drive(later, invocation,
                         DeadlineExceeded("the container did not answer in time"));
          Drive(later, invocation, invocation->call->Advance());
        });
  }

  aws::Error Throttled() const {
    const RuntimeLimits& limits = places_.limits();
    return {.code = "ThrottlingException",
            .message = "Rate exceeded: this server carries " + std::to_string(limits.invocations) +
                       " invocations at a time, and " + std::to_string(limits.payload_bytes >> 20) +
                       " MiB of their payloads; try again.",
            .http_status = 429};
  }

  void Finish(http::Exchange& exchange, UnderWay& invocation) {
    const auto answered = SteadyClock::now();
    auto answer = invocation.call->TakeAnswer();
    const int status = answer.response.status;
    const std::string scope = invocation.context.scope();
    const std::string variant = answer.variant;
    invocation.answer(exchange, ReplyOf(invocation, std::move(answer)));
    metrics_.Record({.scope = scope,
                     .endpoint = invocation.endpoint,
                     .variant = variant,
                     .model_status = status,
                     .instances = answer.instances,
                     .model_latency = Micros(invocation.asked, answered),
                     .overhead = Micros(invocation.begun, invocation.asked) +
                                 Micros(answered, SteadyClock::now())});
  }

  static aws::Outcome<http::Response> ReplyOf(const UnderWay& invocation,
                                              serving::InvocationAnswer answer) {
    if (answer.response.status >= 400)
      return ModelError(invocation.context, invocation.endpoint, answer.response);
    http::Response response{.status = 200, .headers = {}, .body = std::move(answer.response.body)};
    response.headers.Add("x-amzn-RequestId", invocation.context.request_id);
    response.headers.Add("x-Amzn-Invoked-Production-Variant", answer.variant);
    response.headers.Add("Content-Type",
                         answer.response.headers.GetOr("Content-Type", "application/octet-stream"));
    if (const auto attributes = answer.response.headers.Get("X-Amzn-SageMaker-Custom-Attributes"))
      response.headers.Add("X-Amzn-SageMaker-Custom-Attributes", std::string(*attributes));
    return response;
  }

  aws::Outcome<http::Response> Refuse(const UnderWay& invocation, const Status& status) {
    const RequestContext& context = invocation.context;
    const std::string& endpoint = invocation.endpoint;
    switch (status.code()) {
      case Code::kNotFound: {
        const auto record = records_.Get({orchestrator::kEndpointKind, context.scope(), endpoint});
        // A server that has just started knows its routes a moment after its port: SDKs try a 503 again.
        if (record.ok() && (record->status == "InService" || record->status == "Updating"))
          return aws::Error{.code = "ServiceUnavailable",
                            .message = "Endpoint " + endpoint + " is being found again; try again.",
                            .http_status = 503};
        if (record.ok())
          return ValidationError("Endpoint " + endpoint + " of account " + context.account +
                                 " is not in service: its status is " + record->status + ".");
        return ValidationError("Endpoint " + endpoint + " of account " + context.account +
                               " not found.");
      }
      case Code::kInvalidArgument:
        return ValidationError("Variant " + invocation.variant + " not found for Request");
      case Code::kDeadlineExceeded:
        return aws::Error{
            .code = "ModelError",
            .message =
                "Received server error (0) from primary with message \"Your invocation timed out "
                "while waiting for a response from container primary. Review the latency metrics "
                "for each container in Amazon CloudWatch, resolve the issue, and try again.\". See "
                "the log group /aws/sagemaker/Endpoints/" +
                endpoint + " for more information.",
            .http_status = 424};
      case Code::kResourceExhausted:
        return aws::Error{.code = "ModelError",
                          .message =
                              "Received server error (0) from primary with message \"The response "
                              "exceeds the limit of " +
                              std::to_string(kMaxBody) +
                              " bytes\". See the log group /aws/sagemaker/Endpoints/" + endpoint +
                              " for more information.",
                          .http_status = 424};
      case Code::kUnavailable:
        return aws::Error{.code = "ServiceUnavailable",
                          .message = "No instance of endpoint " + endpoint +
                                     " can be reached: " + status.message(),
                          .http_status = 503};
      default:
        return status;
    }
  }

  static aws::Error ModelError(const RequestContext& context, const std::string& endpoint,
                               const http::Response& response) {
    const std::string kind = response.status < 500 ? "client" : "server";
    const std::string original = Printable(response.body);
    const std::string group = "/aws/sagemaker/Endpoints/" + endpoint;
    aws::Error error{.code = "ModelError",
                     .message = "Received " + kind + " error (" + std::to_string(response.status) +
                                ") from primary with message \"" + original + "\". See https://" +
                                context.region + ".console.aws.amazon.com/cloudwatch/home?region=" +
                                context.region + "#logEventViewer:group=" + group + " in account " +
                                context.account + " for more information.",
                     .http_status = 424};
    error.extra["OriginalStatusCode"] = response.status;
    error.extra["OriginalMessage"] = original;
    error.extra["LogStreamArn"] = context.Arn("logs", "log-group:" + group);
    return error;
  }

  Places places_;
  serving::Router& router_;
  metastore::RecordStore& records_;
  sagemaker_metrics::InvocationMetrics& metrics_;
  std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

}  // namespace sagebrush::services::sagemaker_runtime

namespace sagebrush::services {

std::unique_ptr<Service> MakeRuntimeService(serving::Router& router,
                                            metastore::RecordStore& records,
                                            sagemaker_metrics::InvocationMetrics& metrics,
                                            RuntimeLimits limits) {
  return std::make_unique<sagemaker_runtime::RuntimeService>(router, records, metrics, limits);
}

}  // namespace sagebrush::services
