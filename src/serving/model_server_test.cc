// SPDX-License-Identifier: Apache-2.0
#include "serving/model_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/client.h"
#include "http/server.h"
#include "serving/testdata/fake_model.h"

namespace sagebrush::serving {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Model> Doubler() {
  return std::make_unique<FakeModel>(
      std::vector<Signature>{OneToOne(DataType::kFloat, {-1, 2})},
      [](std::size_t, const std::vector<Tensor>& inputs) -> Result<std::vector<Tensor>> {
        Tensor output = Floats(inputs[0].shape, {});
        for (std::size_t i = 0; i < inputs[0].data.size() / sizeof(float); ++i) {
          output.Append(2 * inputs[0].At<float>(i));
        }
        return std::vector<Tensor>{std::move(output)};
      });
}

std::unique_ptr<Model> Echo() {
  return std::make_unique<FakeModel>(std::vector<Signature>{OneToOne(DataType::kFloat, {-1, 2})});
}

// Classifies by the example's bytes; the scores are constant.
std::unique_ptr<Model> Classifier() {
  const Signature signature{.name = "serving_default",
                            .method = Method::kClassify,
                            .inputs = {{"inputs", DataType::kString, Shape{-1}}},
                            .outputs = {{"classes", DataType::kString, Shape{-1, 1}},
                                        {"scores", DataType::kFloat, Shape{-1, 1}}}};
  return std::make_unique<FakeModel>(
      std::vector<Signature>{signature},
      [](std::size_t, const std::vector<Tensor>& inputs) -> Result<std::vector<Tensor>> {
        const std::int64_t rows = inputs[0].shape[0];
        return std::vector<Tensor>{
            Strings({rows, 1}, inputs[0].strings),
            Floats({rows, 1}, std::vector<float>(inputs[0].strings.size(), 0.1F))};
      });
}

class ModelServerTest : public ::testing::Test {
 protected:
  void Publish(ModelServerOptions options = {}) {
    server_ = std::make_unique<ModelServer>(options, Clock::System());
    std::vector<LoadedModel> models;
    models.push_back({"doubler", 3, Doubler()});
    models.push_back({"labels", 1, Classifier()});
    ASSERT_TRUE(server_->Publish(std::move(models)).ok());
  }
  http::Response Send(std::string method, std::string target, std::string body = "",
                      http::Headers headers = {}) {
    return server_->Handle({.method = std::move(method),
                            .target = std::move(target),
                            .headers = std::move(headers),
                            .peer = {}},
                           std::move(body));
  }
  std::string Refusal(int status, const http::Response& response) {
    EXPECT_EQ(response.status, status) << response.body;
    return response.body;
  }

  std::unique_ptr<ModelServer> server_ =
      std::make_unique<ModelServer>(ModelServerOptions{}, Clock::System());
};

TEST_F(ModelServerTest, PingIsUnavailableUntilTheModelIsLoaded) {
  EXPECT_EQ(Send("GET", "/ping").status, 503);
  EXPECT_EQ(Send("POST", "/invocations", "[1,2]").status, 503);

  Publish();

  EXPECT_EQ(Send("GET", "/ping").status, 200);
}

TEST_F(ModelServerTest, BareRowIsPredicted) {
  Publish();

  const auto response =
      Send("POST", "/invocations", "[1, 2.5]", {{"Content-Type", "application/json"}});

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"predictions": [[2.0, 5.0]]})");
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
}

TEST_F(ModelServerTest, CsvAndJsonLinesArePredictedAndOtherTypesAreNot) {
  Publish();

  EXPECT_EQ(Send("POST", "/invocations", "1,2\n3,4", {{"Content-Type", "text/csv"}}).body,
            R"({"predictions": [[2.0, 4.0], [6.0, 8.0]]})");
  const auto lines =
      Send("POST", "/invocations", "[1,2]\n[3,4]",
           {{"Content-Type", "application/jsonlines"}, {"Accept", "application/jsonlines"}});
  EXPECT_EQ(lines.body, R"({"predictions": [[2.0, 4.0], [6.0, 8.0]]})");
  EXPECT_EQ(lines.headers.Get("Content-Type"), "application/jsonlines");
  EXPECT_EQ(
      Refusal(415, Send("POST", "/invocations", "x", {{"Content-Type", "application/x-npy"}})),
      R"({"error": "Unsupported Media Type: application/x-npy"})");
}

TEST_F(ModelServerTest, CustomAttributesChooseModelVersionAndMethod) {
  Publish();
  const auto with = [&](std::string attributes) {
    return Send("POST", "/invocations", R"({"examples": [{"a": 1}]})",
                {{"X-Amzn-SageMaker-Custom-Attributes", std::move(attributes)}});
  };

  EXPECT_EQ(with("tfs-model-name=labels,tfs-method=classify").status, 200);
  EXPECT_THAT(Refusal(404, with("tfs-model-name=nope")),
              HasSubstr("Servable not found for request: Latest(nope)"));
  EXPECT_THAT(Refusal(404, with("tfs-model-version=2")), HasSubstr("Specific(doubler, 2)"));
  EXPECT_THAT(Refusal(400, with("tfs-model-version=3, tfs-method=regress")),
              HasSubstr("tensorflow/serving/regress"));
  EXPECT_THAT(Refusal(400, with("tfs-method=guess")), HasSubstr("the method guess is not served"));
  EXPECT_THAT(Refusal(400, with("something-else")),
              HasSubstr("Missing 'inputs' or 'instances' key"));
}

TEST_F(ModelServerTest, ExamplesAreSerialisedForClassification) {
  Publish();

  const auto response = Send("POST", "/v1/models/labels:classify",
                             R"({"context": {"c": [true]}, "examples": [{"f": 0.5, "s": "x"}]})");

  // The fake's label is the serialised tf.Example: feature entries c (int64 1) and s (bytes "x")
  // can be read in it.
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, HasSubstr(", 0.1]]]}"));
  EXPECT_THAT(response.body, HasSubstr("s\\u0012\\u0005\\n\\u0003\\n\\u0001x"));
  EXPECT_THAT(response.body, HasSubstr("c\\u0012\\u0005\\u001a\\u0003\\n\\u0001\\u0001"));
}

TEST_F(ModelServerTest, TensorFlowServingsOwnPathsAnswer) {
  Publish();

  EXPECT_EQ(Send("POST", "/v1/models/doubler:predict", R"({"instances": [[1, 2]]})").body,
            R"({"predictions": [[2.0, 4.0]]})");
  EXPECT_EQ(Send("POST", "/v1/models/doubler/versions/3:predict", R"({"inputs": [[1, 2]]})").body,
            R"({"outputs": [[2.0, 4.0]]})");
  EXPECT_THAT(Send("GET", "/v1/models/doubler").body, HasSubstr(R"("state": "AVAILABLE")"));
  EXPECT_THAT(Refusal(404, Send("GET", "/v1/models/doubler/versions/9")),
              HasSubstr("Specific(doubler, 9)"));
  EXPECT_THAT(Refusal(404, Send("POST", "/v1/models/doubler")),
              HasSubstr("Malformed request: POST"));
  EXPECT_THAT(Refusal(404, Send("GET", "/other")), HasSubstr("Malformed request: GET /other"));
  EXPECT_THAT(Refusal(400, Send("POST", "/v1/models/doubler:predict", "[1,2]")),
              HasSubstr("JSON Value: [1,2] Is not object"));
}

TEST_F(ModelServerTest, DefaultModelMustExist) {
  ModelServer server({.default_model = "nope"}, Clock::System());
  std::vector<LoadedModel> models;
  models.push_back({"doubler", 3, Doubler()});

  EXPECT_EQ(server.Publish(std::move(models)).message(),
            "the default model nope is not among the models: doubler");
}

TEST_F(ModelServerTest, LargeBodiesAreRefusedOverHttp) {
  Publish({.max_body_bytes = 100});
  auto listening =
      http::Server::Create({}, [this](http::Exchange& exchange) { server_->Serve(exchange); });
  ASSERT_TRUE(listening.ok());
  const auto port = (*listening)->ListenTcp("127.0.0.1", 0);
  ASSERT_TRUE(port.ok()) << port.status().message();
  const auto call = [&](const std::string& body) {
    http::ClientConnection connection(
        http::ConnectTcp("127.0.0.1", *port, std::chrono::seconds(5)).value());
    return connection.Call({.method = "POST",
                            .target = "/invocations",
                            .headers = {{"Host", "localhost"}},
                            .peer = {}},
                           body);
  };

  const auto small = call("[1,2]");
  const auto large = call(std::string(101, ' '));

  ASSERT_TRUE(small.ok()) << small.status().message();
  EXPECT_EQ(small->body, R"({"predictions": [[2.0, 4.0]]})");
  ASSERT_TRUE(large.ok()) << large.status().message();
  EXPECT_EQ(large->status, 413);
  (*listening)->Stop(std::chrono::seconds(5));
}

TEST_F(ModelServerTest, EveryVersionIsServedAndTheNewestIsMeantWhereNoneIsNamed) {
  server_ = std::make_unique<ModelServer>(ModelServerOptions{}, Clock::System());
  std::vector<LoadedModel> models;
  models.push_back({"m", 2, Doubler()});
  models.push_back({"m", 10, Echo()});
  ASSERT_TRUE(server_->Publish(std::move(models)).ok());
  const auto ask = [&](const std::string& attributes) {
    return Send(
        "POST", "/invocations", "[1, 2]",
        {{"Content-Type", "application/json"}, {"X-Amzn-SageMaker-Custom-Attributes", attributes}});
  };

  EXPECT_EQ(ask("").body, R"({"predictions": [[1.0, 2.0]]})");
  EXPECT_EQ(ask("tfs-model-version=10").body, R"({"predictions": [[1.0, 2.0]]})");
  EXPECT_EQ(ask("tfs-model-version=2").body, R"({"predictions": [[2.0, 4.0]]})");
  EXPECT_EQ(ask("tfs-model-version=3").status, 404);
  EXPECT_EQ(ask("tfs-model-version=x").status, 404);
  const std::string states = Send("GET", "/v1/models/m").body;
  EXPECT_LT(states.find("\"10\""), states.find("\"2\""));
  EXPECT_EQ(Send("GET", "/v1/models/m/versions/2").body.find("\"10\""), std::string::npos);
}

}  // namespace
}  // namespace sagebrush::serving
