// SPDX-License-Identifier: Apache-2.0
// ModelServer: the HTTP face of the loaded models, with SageMaker's contract (/ping, /invocations)
// and TensorFlow Serving's own paths (/v1/models/NAME[/versions/N][:predict]). Listening may start
// before the models are there: until Publish, /ping says 503. Handlers block in the model's
// batcher. Any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "http/exchange.h"
#include "serving/batcher.h"
#include "serving/model.h"

namespace sagebrush::serving {

struct ModelServerOptions {
  std::uint64_t max_body_bytes = 6 << 20;  // InvokeEndpoint's own limit
  std::string default_model = {};  // for /invocations without tfs-model-name; "": the first by name
  BatcherOptions batching = {};
};

struct LoadedModel {
  std::string name;
  std::int64_t version = 0;
  std::unique_ptr<Model> model;
};

class ModelServer {
 public:
  ModelServer(ModelServerOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}
  ~ModelServer() { Stop(); }

  // From now on the models answer. Once, with at least one. kNotFound if default_model is none of
  // them.
  Status Publish(std::vector<LoadedModel> models);

  // Answers one exchange.
  void Serve(http::Exchange& exchange);
  // The same for a request whose body was read.
  http::Response Handle(const http::Request& request, std::string body);

  // Waiting requests get 503; the running batch finishes.
  void Stop();

 private:
  struct Served {
    std::string name;
    std::int64_t version = 0;
    std::unique_ptr<Model> model;
    std::unique_ptr<Batcher> batcher;  // after the model: it goes first
  };
  struct Target {
    std::string model;
    std::string version;  // "": the newest
    std::string method = "predict";
  };

  http::Response Invocations(const http::Request& request, std::string body);
  http::Response ModelPath(const http::Request& request, std::string_view path, std::string body);
  Result<const Served*> Find(const Target& target) const;
  Result<std::string> Answer(const Target& target, std::string json);
  Result<std::string> Predict(const Served& served, std::string json);
  Result<std::string> ClassifyOrRegress(const Served& served, std::string_view method,
                                        std::string json);

  const ModelServerOptions options_;
  const Clock& clock_;
  using Versions = std::map<std::int64_t, Served, std::greater<>>;  // the newest first

  // Written by Publish only, before is_published_.
  std::map<std::string, Versions, std::less<>> models_;
  std::string default_model_;
  std::atomic<bool> is_published_ = false;
};

}  // namespace sagebrush::serving
