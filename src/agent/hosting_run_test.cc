// SPDX-License-Identifier: Apache-2.0
// A model server's life inside its instance, against a scripted control server: the model, the health check, dialled sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "agent/agent.h"
#include "agent/api_forwarder.h"
#include "agent/fake_control_server.h"
#include "agent/fake_s3.h"
#include "base/archive.h"
#include "base/file.h"
#include "http/client.h"

namespace sagebrush::agent {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Answers 503 to the first pings, then 200, and the model's content elsewhere.
constexpr const char* kServer = R"(
import http.server, os, sys
pings = [0]
class Handler(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    body = open('model/1/weights').read().encode()
    pings[0] += 1
    self.send_response(503 if self.path == '/ping' and pings[0] < 3 else 200)
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    self.wfile.write(body)
  def log_message(self, *args): pass
print('listening', flush=True)
http.server.HTTPServer(('127.0.0.1', int(os.environ['SAGEMAKER_BIND_TO_PORT'])), Handler).serve_forever()
)";

class HostingRunTest : public ::testing::Test {
 protected:
  HostingRunTest() : folder_(TempFolder::Create("sb").value()) {
    paths_.ml = folder_.path() / "ml";
    paths_.control_socket = folder_.path() / "control.sock";
    paths_.api_socket = folder_.path() / "api.sock";
    paths_.serving_port = ApiForwarder::Start({.api_socket = paths_.api_socket})
                              .value()
                              ->port();  // free again after this line
    EXPECT_TRUE(MakeFolders(folder_.path() / "m" / "1").ok());
    EXPECT_TRUE(MakeFolders(paths_.ml).ok());
    EXPECT_TRUE(WriteFile(folder_.path() / "m" / "1" / "weights", "the weights").ok());
    EXPECT_TRUE(WriteFile(paths_.ml / "server.py", kServer).ok());
    EXPECT_TRUE(PackArchive(folder_.path() / "m", folder_.path() / "m.tar.gz").ok());
    server_ = std::make_unique<FakeControlServer>(paths_.control_socket, "i-1", "token");
    server_->Start();
    s3_ = std::make_unique<FakeS3>(paths_.api_socket);
    s3_->Start();
    s3_->Put("s3://b/model.tar.gz", ReadFile(folder_.path() / "m.tar.gz").value());
  }
  ~HostingRunTest() override {
    if (!agent_.joinable()) return;
    stop_.Request("the test ends");
    agent_.join();
  }

  void Run(const std::string& script) {
    Json json = Json::Object({{"version", 1},
                              {"instance", "i-1"},
                              {"token", "token"},
                              {"kind", "hosting"},
                              {"job_name", "endpoint-1"},
                              {"region", "us-west-2"},
                              {"current_host", "algo-1"},
                              {"model_data", "s3://b/model.tar.gz"},
                              {"command", Json::Array({"/bin/sh", "-c", script})},
                              {"working_directory", paths_.ml.string()},
                              {"startup_timeout_seconds", startup_seconds_},
                              {"network", false}});
    Result<WorkOrder> order = ParseWorkOrder(json.Dump());
    ASSERT_TRUE(order.ok()) << order.status().message();
    agent_ = std::thread([this, order = std::move(*order)] {
      RunWorkOrder(order, paths_, &stop_, Clock::System());
    });
  }
  std::string FailureOf(const std::string& script) {
    Run(script);
    agent_.join();
    EXPECT_EQ(server_->LastReport().GetString("phase"), "Failed");
    return server_->LastReport().GetString("failure");
  }

  TempFolder folder_;
  Paths paths_;
  StopSignal stop_;
  int startup_seconds_ = 60;
  std::unique_ptr<FakeControlServer> server_;
  std::unique_ptr<FakeS3> s3_;
  std::thread agent_;
};

TEST_F(HostingRunTest, IsReadyWhenPingAnswersAndServesThroughDialledSockets) {
  Run("exec /usr/bin/python3 server.py");
  ASSERT_TRUE(server_->WaitForPhase("Ready"));

  for (int i = 0; i < 5; ++i) {
    auto [socket, error] = server_->Dial(paths_.serving_port);
    ASSERT_TRUE(socket.valid()) << error;
    http::ClientConnection connection(std::move(socket), std::chrono::seconds(10));
    http::Request request{
        .method = "GET", .target = "/x", .headers = {{"Host", "localhost"}}, .peer = {}};
    EXPECT_EQ(connection.Call(request, "").value().body, "the weights");
  }
  server_->Send(Json::Object({{"type", "stop"}, {"reason", "DeleteEndpoint"}}));
  agent_.join();

  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Starting", "Ready", "Stopped"));
  EXPECT_THAT(server_->Lines(), Contains("listening"));
}

TEST_F(HostingRunTest, TheLogTellsThatHandlersAreNotRun) {
  ASSERT_TRUE(MakeFolders(folder_.path() / "m" / "code").ok());
  ASSERT_TRUE(WriteFile(folder_.path() / "m" / "code" / "inference.py", "").ok());
  ASSERT_TRUE(PackArchive(folder_.path() / "m", folder_.path() / "m.tar.gz").ok());
  s3_->Put("s3://b/model.tar.gz", ReadFile(folder_.path() / "m.tar.gz").value());

  Run("exec /usr/bin/python3 server.py");

  ASSERT_TRUE(server_->WaitForPhase("Ready"));
  server_->Send(Json::Object({{"type", "stop"}, {"reason", "DeleteEndpoint"}}));
  agent_.join();
  EXPECT_THAT(server_->Lines(), Contains(HasSubstr("code/inference.py is NOT run")));
}

TEST_F(HostingRunTest, ADialToAPortWhereNobodyListensFails) {
  Run("exec /usr/bin/python3 server.py");
  ASSERT_TRUE(server_->WaitForPhase("Ready"));

  const auto [refused, refused_error] = server_->Dial(1);
  const auto [none, none_error] = server_->Dial(70000);

  EXPECT_FALSE(refused.valid());
  EXPECT_NE(refused_error, "");
  EXPECT_EQ(none_error, "70000 is no port");
}

TEST_F(HostingRunTest, AServerThatDiesIsToldWithItsLastLines) {
  EXPECT_THAT(FailureOf("echo cannot load the model; exit 4"),
              AllOf(StartsWith("AlgorithmError: the model server ended with exit code 4"),
                    HasSubstr("cannot load the model")));
}

TEST_F(HostingRunTest, AServerThatNeverAnswersIsEndedInTime) {
  startup_seconds_ = 1;

  EXPECT_THAT(
      FailureOf("echo stuck; exec sleep 60"),
      AllOf(HasSubstr("did not pass the ping health check within 1 s"), HasSubstr("stuck")));
}

TEST_F(HostingRunTest, ABrokenModelArchiveIsToldInTheWordsOfAws) {
  s3_->Put("s3://b/model.tar.gz", "not a tar.gz");

  EXPECT_THAT(FailureOf("true"),
              StartsWith("ClientError: Failed to extract model data archive for container "
                         "\"container_1\" from URL "
                         "\"s3://b/model.tar.gz\". Please ensure that the object located at the "
                         "URL is a valid tar.gz archive."));
}

TEST_F(HostingRunTest, AMissingModelIsToldInTheWordsOfAws) {
  s3_->Deny("s3://b/");

  EXPECT_THAT(
      FailureOf("true"),
      AllOf(
          StartsWith(
              "ClientError: Failed to download model data for container \"container_1\" from URL: "
              "\"s3://b/model.tar.gz\". Please ensure that there is an object located at the URL"),
          HasSubstr("AccessDenied (403)")));
}

TEST_F(HostingRunTest, AKilledServerOfOursFindsTheEndpointServingAgain) {
  Run("exec /usr/bin/python3 server.py");
  ASSERT_TRUE(server_->WaitForPhase("Ready"));

  server_->Kill();
  server_->Start();
  ASSERT_TRUE(server_->WaitForConnection());

  EXPECT_TRUE(server_->Dial(paths_.serving_port).first.valid());
  EXPECT_THAT(server_->Phases(), ElementsAre("Downloading", "Starting", "Ready"));
}

}  // namespace
}  // namespace sagebrush::agent
