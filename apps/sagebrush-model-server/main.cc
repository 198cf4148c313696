// SPDX-License-Identifier: Apache-2.0
// sagebrush-model-server: answers /ping and /invocations inside an instance for model formats that
// need no Python. Listens at once and loads on a second thread; exits with 1 and a sentence on
// stderr when nothing can be loaded. The main thread waits for a signal or for the loader.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "http/server.h"
#include "serving/model_folder.h"
#include "serving/model_server.h"
#include "serving/saved_model.h"
#include "serving/tensorflow_library.h"

namespace sagebrush {
namespace {

struct Options {
  std::string model_dir = "/opt/ml/model";
  std::string address = "127.0.0.1";
  int port = 8080;
  std::string tensorflow_library;
  int threads = 0;
  serving::ModelServerOptions server;
};

struct Loaded {
  std::unique_ptr<serving::TensorflowLibrary> library;  // before the models: they run on it
  std::vector<serving::LoadedModel> models;
};

Result<Loaded> LoadModels(const Options& options, const Clock& clock) {
  ASSIGN_OR_RETURN(const auto found, serving::FindModels(options.model_dir));
  Loaded all;
  const SteadyTime start = clock.SteadyNow();
  const auto seconds_since = [&clock](SteadyTime from) {
    const auto millis =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock.SteadyNow() - from).count();
    return std::to_string(millis) + " ms";
  };
  ASSIGN_OR_RETURN(all.library, serving::TensorflowLibrary::Load(options.tensorflow_library));
  LogInfo("model",
          "TensorFlow " + all.library->version() + " is loaded (" + seconds_since(start) + ")");

  for (const serving::FoundModel& model : found) {
    const SteadyTime begin = clock.SteadyNow();
    ASSIGN_OR_RETURN(auto loaded, serving::LoadSavedModel(*all.library, model.folder,
                                                          {.threads = options.threads}));
    serving::WarmUp(*loaded);
    std::string signatures;
    for (const serving::Signature& signature : loaded->signatures())
      signatures += (signatures.empty() ? "" : ", ") + signature.name;
    LogInfo("model", "model " + model.name + ", version " + std::to_string(model.version) +
                         ", is loaded (" + seconds_since(begin) + "); signatures: " + signatures);
    all.models.push_back({model.name, model.version, std::move(loaded)});
  }
  return all;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Fail(const Status& status) {
  std::cerr << "sagebrush-model-server: " << status.message() << std::endl;
  return 1;
}

int Run(Options options) {
  const Clock& clock = Clock::System();
  if (options.server.default_model.empty())
    options.server.default_model = Environment("SAGEMAKER_TFS_DEFAULT_MODEL_NAME");
  setenv("TF_CPP_MIN_LOG_LEVEL", "1",
         /*replace=*/0);  // before threads: TensorFlow's notes on the CPU are no news here

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread; read below
  signal(SIGPIPE, SIG_IGN);
  const UniqueFd stop_requested(signalfd(-1, &signals, SFD_CLOEXEC));
  const UniqueFd loaded(eventfd(0, EFD_CLOEXEC));
  if (!stop_requested.valid() || !loaded.valid())
    return Fail(LastErrno("cannot make the descriptors to wait on"));

  std::unique_ptr<serving::TensorflowLibrary> library;  // outlives the models
  serving::ModelServer models(options.server, clock);
  auto server =
      http::Server::Create({}, [&models](http::Exchange& exchange) { models.Serve(exchange); });
  if (!server.ok()) return Fail(server.status());
  const auto port = (*server)->ListenTcp(options.address, options.port);
  if (!port.ok()) return Fail(port.status());
  LogInfo("model", "listening on " + options.address + ":" + std::to_string(*port) +
                       ", loading from " + options.model_dir);

  Status load_status;  // written by the loader before it signals
  std::thread loader([&] {
    auto result = LoadModels(options, clock);
    load_status = result.status();
    if (result.ok()) {
      library = std::move(result->library);
      load_status = models.Publish(std::move(result->models));
    }
    const std::uint64_t one = 1;
    if (write(loaded.get(), &one, sizeof one) < 0)
      std::terminate();  // an eventfd takes its first write
  });

  bool is_loading = true;
  while (true) {
    pollfd waits[] = {{stop_requested.get(), POLLIN, 0},
                      {is_loading ? loaded.get() : -1, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0) continue;  // EINTR
    if (waits[0].revents != 0) break;
    if (waits[1].revents == 0) continue;
    loader.join();
    is_loading = false;
    if (!load_status.ok()) {
      (*server)->Stop(std::chrono::seconds(1));
      return Fail(load_status);
    }
    LogInfo("model", "ready");
  }
  // A load cannot be interrupted, and there is nothing to save.
  if (is_loading) std::_Exit(0);
  (*server)->Stop(std::chrono::seconds(5));
  models.Stop();
  return 0;
}

}  // namespace
}  // namespace sagebrush

int main(int argc, char** argv) {
  sagebrush::Options options;
  CLI::App app("Serves the models below a folder over HTTP, as SageMaker's containers do.");
  app.add_option("--model-dir", options.model_dir, "folder with <version>/ or <name>/<version>/")
      ->capture_default_str();
  app.add_option("--address", options.address, "address to listen on")->capture_default_str();
  app.add_option("--port", options.port, "port to listen on; 0 takes a free one")
      ->envname("SAGEMAKER_BIND_TO_PORT")
      ->capture_default_str();
  app.add_option("--tensorflow-library", options.tensorflow_library,
                 "folder with libtensorflow_cc.so.2 and its framework")
      ->required();
  app.add_option("--threads", options.threads, "threads for one run of a model; 0: one a core")
      ->capture_default_str();
  app.add_option("--default-model", options.server.default_model,
                 "for /invocations without tfs-model-name");
  app.add_option("--max-batch-rows", options.server.batching.max_rows,
                 "rows joined into one run; 1 joins nothing")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--max-body-bytes", options.server.max_body_bytes, "larger requests get 413")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return sagebrush::Run(std::move(options));
}
