// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker_runtime/runtime_service.h"

#include <atomic>
#include <chrono>

#include "base/strings.h"
#include "orchestrator/controller.h"

namespace sagebrush::services::sagemaker_runtime {

namespace {

// Runtime endpoints and quotas: 25 MB a payload (Amazon SageMaker AI quotas).
constexpr std::uint64_t kMaxBody = 25'000'000;
constexpr std::size_t kMaxErrorText = 4096;
constexpr int kMaxInvocations = 64;  // of http::ServerOptions' 96 workers

aws::Error ValidationError(std::string message) {
  return {.code = "ValidationError", .message = std::move(message)};
}

// What a container says in an error, fit for ours: text, and not too much of it.
std::string Printable(std::string_view body) {
  if (!IsValidUtf8(body)) return "(" + std::to_string(body.size()) + " bytes that are no text)";
  return std::string(FirstBytes(body, kMaxErrorText));
}

// One invocation under way.
class Place {
 public:
  explicit Place(std::atomic<int>& count) : count_(count), number_(++count) {}
  ~Place() { --count_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  int number() const { return number_; }

 private:
  std::atomic<int>& count_;
  const int number_;
};

class RuntimeService final : public Service {
 public:
  RuntimeService(serving::Router& router, metastore::RecordStore& records,
                 sagemaker_metrics::InvocationMetrics& metrics)
      : router_(router), records_(records), metrics_(metrics) {
    operations_.emplace(
        "InvokeEndpoint",
        Operation{
            .document = nullptr,
            .stream = [this](const RequestContext& context, const Json& input,
                             http::Exchange& exchange) { return Invoke(context, input, exchange); },
            .access = Allow(
                "sagemaker:InvokeEndpoint", [](const RequestContext& context, const Json& input) {
                  return context.Arn("sagemaker",
                                     "endpoint/" + ToLower(input.GetString("EndpointName")));
                })});
  }

  std::string_view name() const override { return "sagemaker-runtime"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  aws::Outcome<std::monostate> Invoke(const RequestContext& context, const Json& input,
                                      http::Exchange& exchange) {
    const auto begun = SteadyClock::now();
    const std::string endpoint = input.GetString("EndpointName");
    const std::string scope = context.scope();
    auto body = exchange.ReadAll(kMaxBody);
    if (body.status().code() == Code::kResourceExhausted)
      return aws::Error{
          .code = "ValidationError",
          .message = "Request payload exceeds the limit of " + std::to_string(kMaxBody) + " bytes",
          .http_status = 413};
    if (!body.ok()) return body.status();

    serving::Invocation invocation{.endpoint_key = scope + "/" + endpoint,
                                   .target_variant = input.GetString("TargetVariant"),
                                   .headers = {},
                                   .body = std::move(*body)};
    for (const char* name : {"Content-Type", "Accept", "X-Amzn-SageMaker-Custom-Attributes",
                             "X-Amzn-SageMaker-Inference-Id", "X-Amzn-SageMaker-Target-Model",
                             "X-Amzn-SageMaker-Session-Id"})
      if (const auto value = exchange.request().headers.Get(name))
        invocation.headers.Add(name, std::string(*value));
    // Workers are shared with everything else a server does: endpoints that answer slowly must not take them all.
    const Place place(invocations_);
    if (place.number() > kMaxInvocations)
      return aws::Error{.code = "ThrottlingException",
                        .message = "Rate exceeded: this server carries " +
                                   std::to_string(kMaxInvocations) +
                                   " invocations at a time; try again.",
                        .http_status = 429};
    const auto asked = SteadyClock::now();
    auto answer = router_.Invoke(invocation);
    const auto answered = SteadyClock::now();
    if (!answer.ok()) return Refuse(context, endpoint, invocation, answer.status());
    sagemaker_metrics::InvocationRecord record{.scope = scope,
                                               .endpoint = endpoint,
                                               .variant = answer->variant,
                                               .model_status = answer->response.status,
                                               .instances = answer->instances,
                                               .model_latency = Micros(asked, answered)};
    auto outcome = Reply(context, endpoint, &*answer, exchange);
    record.overhead = Micros(begun, asked) + Micros(answered, SteadyClock::now());
    metrics_.Record(record);
    return outcome;
  }

  using SteadyClock = std::chrono::steady_clock;
  static std::chrono::microseconds Micros(SteadyClock::time_point from,
                                          SteadyClock::time_point to) {
    return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
  }

  static aws::Outcome<std::monostate> Reply(const RequestContext& context,
                                            const std::string& endpoint,
                                            serving::InvocationAnswer* answer,
                                            http::Exchange& exchange) {
    if (answer->response.status >= 400) return ModelError(context, endpoint, answer->response);
    http::Response response{.status = 200, .headers = {}, .body = std::move(answer->response.body)};
    response.headers.Add("x-amzn-RequestId", context.request_id);
    response.headers.Add("x-Amzn-Invoked-Production-Variant", answer->variant);
    response.headers.Add(
        "Content-Type", answer->response.headers.GetOr("Content-Type", "application/octet-stream"));
    if (const auto attributes = answer->response.headers.Get("X-Amzn-SageMaker-Custom-Attributes"))
      response.headers.Add("X-Amzn-SageMaker-Custom-Attributes", std::string(*attributes));
    RETURN_IF_ERROR(exchange.Send(std::move(response)));
    return std::monostate();
  }

  aws::Outcome<std::monostate> Refuse(const RequestContext& context, const std::string& endpoint,
                                      const serving::Invocation& invocation, const Status& status) {
    switch (status.code()) {
      case Code::kNotFound: {
        const auto record = records_.Get({orchestrator::kEndpointKind, context.scope(), endpoint});
        // A server that has just started knows its routes a moment after its port: SDKs try a 503 again.
        if (record.ok() && record->status == "InService")
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
        return ValidationError("Variant " + invocation.target_variant + " not found for Request");
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
      case Code::kUnavailable:
        return aws::Error{.code = "ServiceUnavailable",
                          .message = "No instance of endpoint " + endpoint +
                                     " can be reached: " + status.message(),
                          .http_status = 503};
      default:
        return status;
    }
  }

  static aws::Outcome<std::monostate> ModelError(const RequestContext& context,
                                                 const std::string& endpoint,
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

  std::atomic<int> invocations_{0};
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
                                            sagemaker_metrics::InvocationMetrics& metrics) {
  return std::make_unique<sagemaker_runtime::RuntimeService>(router, records, metrics);
}

}  // namespace sagebrush::services
