// SPDX-License-Identifier: Apache-2.0
// Routes, the container's custom attributes, and the mapping from Status to HTTP. The models are
// immutable once published, so requests take no lock but the batcher's.
#include "serving/model_server.h"

#include <utility>

#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"
#include "serving/examples_request.h"
#include "serving/predict_request.h"
#include "serving/predict_response.h"
#include "serving/request_body.h"

namespace sagebrush::serving {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kModels = "/v1/models/";

http::Response Reply(int status, std::string body, std::string_view content_type = kJson) {
  http::Response response;
  response.status = status;
  if (!body.empty()) response.headers.Set("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

int HttpStatusOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kUnimplemented:
      return 400;
    case Code::kNotFound:
      return 404;
    case Code::kResourceExhausted:
    case Code::kCancelled:
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

http::Response Failure(const Status& status) {
  const int code = HttpStatusOf(status.code());
  if (code >= 500) LogError("model", status.ToString());
  return Reply(code, RenderError(status.message()));
}

http::Response NotAllowed(std::string_view allowed) {
  http::Response response =
      Reply(405, RenderError("only " + std::string(allowed) + " is served here"));
  response.headers.Set("Allow", std::string(allowed));
  return response;
}

// The container answers JSON whatever was asked; JSON lines by that name if the client accepts
// them.
std::string AnswerType(const http::Headers& headers) {
  for (const std::string_view accepted : Split(headers.Get("Accept").value_or(""), ',')) {
    const std::string type = ToLower(Trim(accepted.substr(0, accepted.find(';'))));
    if (type == "application/jsonlines" || type == kJson) return type;
  }
  return std::string(kJson);
}

}  // namespace

Status ModelServer::Publish(std::vector<LoadedModel> models) {
  SAGEBRUSH_CHECK(!is_published_ && !models.empty(), "models are published once, and there is one");
  for (LoadedModel& loaded : models) {
    Served served{loaded.name, loaded.version, std::move(loaded.model), nullptr};
    served.batcher = Batcher::Create(*served.model, options_.batching, clock_);
    models_[loaded.name].emplace(loaded.version, std::move(served));
  }
  default_model_ = options_.default_model.empty() ? models_.begin()->first : options_.default_model;
  if (!models_.contains(default_model_)) {
    std::string known;
    for (const auto& [name, versions] : models_) known += (known.empty() ? "" : ", ") + name;
    return NotFound("the default model " + default_model_ + " is not among the models: " + known);
  }
  is_published_ = true;
  return Status::Ok();
}

void ModelServer::Stop() {
  if (!is_published_) return;
  for (auto& [name, versions] : models_)
    for (auto& [version, served] : versions) served.batcher->Stop();
}

void ModelServer::Serve(http::Exchange& exchange) {
  http::Response response;
  auto body = exchange.ReadAll(options_.max_body_bytes);
  if (body.ok()) {
    response = Handle(exchange.request(), std::move(body).value());
  } else if (body.status().code() == Code::kResourceExhausted) {
    response = Reply(413, RenderError("the body is larger than the limit of " +
                                      std::to_string(options_.max_body_bytes) + " bytes"));
    response.headers.Set("Connection", "close");  // the rest of the body is not read
  } else {
    response = Reply(400, RenderError(body.status().message()));
  }
  if (const Status sent = exchange.Send(std::move(response)); !sent.ok()) {
    LogDebug("model", "a client went away before its answer: " + sent.message());
  }
}

http::Response ModelServer::Handle(const http::Request& request, std::string body) {
  const std::string_view path = request.raw_path();
  if (path == "/ping") {
    if (request.method != "GET" && request.method != "HEAD") return NotAllowed("GET");
    return is_published_ ? Reply(200, "") : Reply(503, RenderError("the model is not loaded yet"));
  }
  const bool is_invocation = path == "/invocations";
  if (!is_invocation && !path.starts_with(kModels)) {
    return Reply(404,
                 RenderError("Malformed request: " + request.method + " " + std::string(path)));
  }
  if (is_invocation && request.method != "POST") return NotAllowed("POST");
  if (!is_published_) return Reply(503, RenderError("the model is not loaded yet"));
  return is_invocation ? Invocations(request, std::move(body))
                       : ModelPath(request, path, std::move(body));
}

http::Response ModelServer::Invocations(const http::Request& request, std::string body) {
  const std::string_view content_type = request.headers.Get("Content-Type").value_or("");
  const auto kind = BodyKindOf(content_type);
  if (!kind) return Reply(415, RenderError("Unsupported Media Type: " + std::string(content_type)));

  Target target;
  target.model = default_model_;
  for (const std::string_view attribute :
       Split(request.headers.Get("X-Amzn-SageMaker-Custom-Attributes").value_or(""), ',')) {
    const std::string_view trimmed = Trim(attribute);
    const std::size_t equals = trimmed.find('=');
    if (equals == std::string_view::npos || equals + 1 == trimmed.size()) continue;
    const std::string_view name = trimmed.substr(0, equals);
    const std::string_view value = trimmed.substr(equals + 1);
    if (name == "tfs-model-name") target.model = value;
    if (name == "tfs-model-version") target.version = value;
    if (name == "tfs-method") target.method = value;
  }
  auto json = Answer(target, ToPredictJson(*kind, std::move(body)));
  if (!json.ok()) return Failure(json.status());
  return Reply(200, std::move(json).value(), AnswerType(request.headers));
}

// NAME, NAME/versions/N, and a method after a colon.
http::Response ModelServer::ModelPath(const http::Request& request, std::string_view path,
                                      std::string body) {
  const auto decoded = PercentDecode(path.substr(kModels.size()));
  if (!decoded.ok()) return Failure(decoded.status());
  std::string_view rest = *decoded;
  Target target;
  const std::size_t colon = rest.rfind(':');
  const bool has_method = colon != std::string_view::npos;
  if (has_method) {
    target.method = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  }
  constexpr std::string_view kVersions = "/versions/";
  if (const std::size_t versions = rest.find(kVersions); versions != std::string_view::npos) {
    target.version = rest.substr(versions + kVersions.size());
    rest = rest.substr(0, versions);
  }
  target.model = rest;
  if (request.method != (has_method ? "POST" : "GET")) {
    return Reply(404,
                 RenderError("Malformed request: " + request.method + " " + std::string(path)));
  }
  if (has_method) {
    auto json = Answer(target, std::move(body));
    return json.ok() ? Reply(200, std::move(json).value()) : Failure(json.status());
  }
  const auto served = Find(target);
  if (!served.ok()) return Failure(served.status());
  Json states = Json::Array();
  for (const auto& [version, other] : models_.find(target.model)->second) {
    if (!target.version.empty() && version != (*served)->version) continue;
    states.Append(
        Json::Object({{"version", std::to_string(version)},
                      {"state", "AVAILABLE"},
                      {"status", Json::Object({{"error_code", "OK"}, {"error_message", ""}})}}));
  }
  return Reply(200, Json::Object({{"model_version_status", std::move(states)}}).DumpPretty());
}

Result<const ModelServer::Served*> ModelServer::Find(const Target& target) const {
  if (const auto found = models_.find(target.model); found != models_.end()) {
    const Versions& versions = found->second;
    const auto wanted = ParseInt(target.version);
    const auto version = target.version.empty() ? versions.begin()
                         : wanted               ? versions.find(*wanted)
                                                : versions.end();
    if (version != versions.end()) return &version->second;
  }
  return NotFound("Servable not found for request: " +
                  (target.version.empty()
                       ? "Latest(" + target.model + ")"
                       : "Specific(" + target.model + ", " + target.version + ")"));
}

Result<std::string> ModelServer::Answer(const Target& target, std::string json) {
  ASSIGN_OR_RETURN(const Served* served, Find(target));
  if (target.method == "predict") return Predict(*served, std::move(json));
  if (target.method == "classify" || target.method == "regress")
    return ClassifyOrRegress(*served, target.method, std::move(json));
  return InvalidArgument("the method " + target.method +
                         " is not served: predict, classify and regress are");
}

Result<std::string> ModelServer::Predict(const Served& served, std::string json) {
  ASSIGN_OR_RETURN(PredictRequest request, ParsePredictRequest(*served.model, std::move(json)));
  ASSIGN_OR_RETURN(const auto outputs,
                   served.batcher->Run(request.signature, std::move(request.inputs)));
  return RenderPredictResponse(served.model->signatures()[request.signature], request.format,
                               outputs);
}

Result<std::string> ModelServer::ClassifyOrRegress(const Served& served, std::string_view method,
                                                   std::string json) {
  ASSIGN_OR_RETURN(ExamplesRequest request,
                   ParseExamplesRequest(*served.model, method, std::move(json)));
  std::vector<Tensor> inputs;
  inputs.push_back(std::move(request.examples));
  ASSIGN_OR_RETURN(const auto outputs, served.batcher->Run(request.signature, std::move(inputs)));
  return RenderExamplesResponse(served.model->signatures()[request.signature], outputs);
}

}  // namespace sagebrush::serving
