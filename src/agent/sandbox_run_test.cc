// SPDX-License-Identifier: Apache-2.0
// The built agent inside a real bubblewrap sandbox, with our script-mode launcher and a real Python: what the process back end
// will start. Skipped where there is no bwrap, where it may not make namespaces, or where the agent is not built.
#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

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
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SandboxRunTest : public ::testing::Test {
 protected:
  SandboxRunTest() : folder_(TempFolder::Create("sb").value()) {}

  void SetUp() override {
    agent_ = fs::read_symlink("/proc/self/exe").parent_path() / "sagebrush-agent";
    kit_ = fs::path(__FILE__).parent_path() / "../../python/sagebrush_kit";
    if (!fs::exists(agent_)) GTEST_SKIP() << "sagebrush-agent is not built beside this test";
    if (!fs::exists(kit_)) GTEST_SKIP() << "the source tree is not where it was compiled";
    if (std::system("bwrap --unshare-all --ro-bind / / true 2>/dev/null") != 0)
      GTEST_SKIP() << "no bubblewrap, or no namespaces";
    for (const char* name : {"ml", "run", "code", "etc"})
      ASSERT_TRUE(MakeFolders(folder_.path() / name, 0777).ok());
    fs::permissions(folder_.path() / "ml", fs::perms::all);
    server_ = std::make_unique<FakeControlServer>(folder_.path() / "run" / "control.sock", "i-1",
                                                  "secret-token");
    server_->Start();
    s3_ = std::make_unique<FakeS3>(folder_.path() / "run" / "api.sock");
    s3_->Start();
    s3_->Put("s3://data/train/train.csv", "text,label\n");
  }

  // Runs the job with this train.py to its end.
  Json RunScript(const std::string& script) {
    Start(script);
    sandbox_.join();
    return server_->LastReport();
  }
  void Start(const std::string& script, Json order = Json::Object()) {
    EXPECT_TRUE(WriteFile(folder_.path() / "code" / "train.py", script).ok());
    EXPECT_TRUE(PackArchive(folder_.path() / "code", folder_.path() / "code.tar.gz").ok());
    s3_->Put("s3://data/source/sourcedir.tar.gz", ReadFile(folder_.path() / "code.tar.gz").value());
    Json whole = Json::Object(
        {{"version", 1},
         {"instance", "i-1"},
         {"token", "secret-token"},
         {"kind", "training"},
         {"job_name", "job-1"},
         {"job_arn", "arn"},
         {"region", "us-west-2"},
         {"current_host", "algo-1"},
         {"instance_type", "ml.c5.xlarge"},
         {"hyperparameters", Json::Object({{"epochs", "2"},
                                           {"sagemaker_program", "\"train.py\""},
                                           {"model_dir", "\"s3://out/model\""}})},
         {"channels",
          Json::Array({Json::Object({{"name", "train"}, {"s3_uri", "s3://data/train"}})})},
         {"code", Json::Object({{"s3_uri", "s3://data/source/sourcedir.tar.gz"}})},
         {"command", Json::Array({"/usr/bin/python3", "/opt/sagebrush/kit/train.py"})},
         {"working_directory", "/opt/ml/code"},
         {"outputs",
          Json::Object({{"model", "s3://out/model.tar.gz"}, {"data", "s3://out/output.tar.gz"}})},
         {"api_port", 7071}});
    for (const auto& [name, value] : order.AsObject()) whole[name] = value;
    EXPECT_TRUE(WriteFile(folder_.path() / "order.json", whole.Dump()).ok());
    const std::string command = fmt::format(
        "exec bwrap --unshare-all --new-session --ro-bind /usr /usr --symlink usr/bin /bin "
        "--symlink usr/lib /lib --symlink usr/lib64 /lib64 "
        "--ro-bind /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /etc/alternatives "
        "/etc/alternatives --proc /proc --dev /dev "
        "--tmpfs /tmp --bind {0}/ml /opt/ml --bind {0}/run /run/sagebrush --ro-bind {1} "
        "/opt/sagebrush/kit "
        "--ro-bind {2} /opt/sagebrush/sagebrush-agent --hostname algo-1 --uid 1000 --gid 1000 "
        "--cap-drop ALL --clearenv "
        "/opt/sagebrush/sagebrush-agent run --instance i-1 < {0}/order.json",
        folder_.path().string(), kit_.string(), agent_.string());
    sandbox_ = std::thread([this, command] { exit_ = std::system(command.c_str()); });
  }
  ~SandboxRunTest() override {
    if (sandbox_.joinable()) {
      if (server_->WaitForConnection())
        server_->Send(Json::Object({{"type", "stop"}, {"reason", "the test ends"}}));
      sandbox_.join();
    }
  }

  TempFolder folder_;
  fs::path agent_;
  fs::path kit_;
  std::unique_ptr<FakeControlServer> server_;
  std::unique_ptr<FakeS3> s3_;
  int exit_ = -1;
  std::thread sandbox_;
};

TEST_F(SandboxRunTest, AJobTrainsAndSeesOnlyItsOwnWorld) {
  const Json last = RunScript(R"(
import json, os, socket, sys, urllib.request
print('ARGV', ' '.join(sys.argv))
print('DATA', open(os.environ['SM_CHANNEL_TRAIN'] + '/train.csv').read().strip())
print('HOST', socket.gethostname(), os.environ['SM_CURRENT_HOST'])
print('ROLE', json.load(urllib.request.urlopen(os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']))['AccessKeyId'])
agent = os.getppid()
def refused(what):
  try:
    what()
    return 'ALLOWED'
  except OSError as error:
    return type(error).__name__
print('AGENT', open('/proc/%d/comm' % agent).read().strip(), refused(lambda: os.readlink('/proc/%d/fd/0' % agent)),
      refused(lambda: open('/proc/%d/mem' % agent, 'rb')), refused(lambda: open('/proc/%d/environ' % agent).read()))
print('PROCESSES', len([p for p in os.listdir('/proc') if p.isdigit()]) < 10)
print('SECRETS', [k for k, v in os.environ.items() if 'secret' in v])
open(os.environ['SM_MODEL_DIR'] + '/m.bin', 'w').write('m')
)");

  EXPECT_EQ(last.GetString("phase"), "Completed") << last.Dump();
  EXPECT_EQ(exit_, 0);
  std::vector<std::string> lines = server_->Lines();
  lines.erase(lines.begin(),
              std::find(lines.begin(), lines.end(), "Invoking script with the following command:"));
  EXPECT_THAT(lines, Contains("ARGV train.py --epochs 2 --model_dir s3://out/model"));
  EXPECT_THAT(lines, Contains("/usr/bin/python3 train.py --epochs 2 --model_dir s3://out/model"));
  EXPECT_THAT(lines, Contains("DATA text,label"));
  EXPECT_THAT(lines, Contains("HOST algo-1 algo-1"));
  EXPECT_THAT(lines, Contains("ROLE ASIATESTTESTTESTTEST"));
  EXPECT_THAT(lines,
              Contains("AGENT sagebrush-agent PermissionError PermissionError PermissionError"));
  EXPECT_THAT(lines, Contains("PROCESSES True"));
  EXPECT_THAT(lines, Contains("SECRETS []"));
  EXPECT_TRUE(s3_->Find("s3://out/model.tar.gz").has_value());
}

TEST_F(SandboxRunTest, AFailingScriptGivesSageMakersFailureReason) {
  const Json last = RunScript("print('hello')\nraise ValueError('bad label')\n");

  EXPECT_EQ(last.GetString("phase"), "Failed");
  EXPECT_THAT(last.GetString("failure"),
              AllOf(StartsWith("AlgorithmError: ExecuteUserScriptError:\nCommand "
                               "\"/usr/bin/python3 train.py --epochs 2 --model_dir "
                               "s3://out/model\"\nTraceback (most recent call last):\n  File "
                               "\"/opt/ml/code/train.py\", line 2, in <module>"),
                    EndsWith("\nValueError: bad label, exit code: 1")));
}

TEST_F(SandboxRunTest, AMissingEntryPointIsToldBeforeAnythingRuns) {
  Start("",
        Json::Object({{"hyperparameters", Json::Object({{"sagemaker_program", "\"nope.py\""}})}}));
  sandbox_.join();

  EXPECT_THAT(
      server_->LastReport().GetString("failure"),
      AllOf(
          StartsWith(
              "AlgorithmError: ClientError: cannot find the entry point 'nope.py' in /opt/ml/code"),
          EndsWith(", exit code: 1")));
}

TEST_F(SandboxRunTest, ItsPort8080IsReachedThroughTheAgent) {
  Start(R"(
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    self.send_response(200); self.send_header('Content-Length', '5'); self.end_headers(); self.wfile.write(b'inner')
server = http.server.HTTPServer(('127.0.0.1', 8080), Handler)
print('the server is up')
server.serve_forever()
)");
  ASSERT_TRUE(server_->WaitForLine("the server is up"));
  auto [socket, error] = server_->Dial(8080);
  ASSERT_TRUE(socket.valid()) << error;

  http::ClientConnection connection(std::move(socket), std::chrono::seconds(10));
  http::Request request{
      .method = "GET", .target = "/", .headers = {{"Host", "localhost"}}, .peer = {}};

  EXPECT_EQ(connection.Call(request, "").value().body, "inner");
}

}  // namespace
}  // namespace sagebrush::agent
