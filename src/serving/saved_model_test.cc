// SPDX-License-Identifier: Apache-2.0
// Real SavedModels through the real library, against what TensorFlow's own Python answered. Needs
//   SAGEBRUSH_TEST_TF_LIBRARY  the folder with libtensorflow_cc.so.2
//   SAGEBRUSH_TEST_TF_PYTHON   a Python with TensorFlow 1.15 (runs testdata/make_model.py)
#include "serving/saved_model.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "serving/internal/meta_graph.h"
#include "serving/model_folder.h"
#include "serving/model_server.h"
#include "serving/testdata/fake_model.h"

namespace sagebrush::serving {
namespace {

// Largest difference between two documents of the same form; infinite when the form or a text
// differs.
double Difference(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return std::fabs(a.AsDouble() - b.AsDouble());
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
      worst = std::max(worst, Difference(a.AsArray()[i], b.AsArray()[i]));
    return worst;
  }
  return a == b ? 0 : INFINITY;
}

// {"predictions": rows} as {name: column}, or {"outputs": …} as it is.
Json Columns(const Json& answer, const Json& expected) {
  const std::string only = expected.AsObject().front().first;
  Json columns = Json::Object();
  if (const Json* outputs = answer.Find("outputs")) {
    if (expected.size() > 1) return *outputs;
    columns[only] = *outputs;
    return columns;
  }
  for (const auto& [name, value] : expected.AsObject()) {
    for (const Json& row : answer.Find("predictions")->AsArray())
      columns[name].Append(expected.size() > 1 ? *row.Find(name) : row);
  }
  return columns;
}

class SavedModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const char* library = std::getenv("SAGEBRUSH_TEST_TF_LIBRARY");
    const char* python = std::getenv("SAGEBRUSH_TEST_TF_PYTHON");
    if (library == nullptr || python == nullptr) return;
    folder_ = new TempFolder(TempFolder::Create("models").value());
    const fs::path script = fs::path(__FILE__).parent_path() / "testdata/make_model.py";
    const std::string command =
        std::string(python) + " " + script.string() + " " + folder_->path().string() + " 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT: our own words only
    setenv("TF_CPP_MIN_LOG_LEVEL", "2", 0);
    auto loaded = TensorflowLibrary::Load(library);
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    library_ = loaded->release();  // never unloaded
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }
  void SetUp() override {
    if (library_ == nullptr)
      GTEST_SKIP() << "SAGEBRUSH_TEST_TF_LIBRARY and SAGEBRUSH_TEST_TF_PYTHON are not both set";
  }

  static inline TempFolder* folder_ = nullptr;
  static inline TensorflowLibrary* library_ = nullptr;
};

TEST_F(SavedModelTest, PredictionsAreThoseOfTensorFlowsPython) {
  ModelServer server({}, Clock::System());
  std::vector<LoadedModel> models;
  const auto found = FindModels(folder_->path());
  ASSERT_TRUE(found.ok()) << found.status().message();
  for (const FoundModel& model : *found) {
    auto loaded = LoadSavedModel(*library_, model.folder, {.threads = 1});
    ASSERT_TRUE(loaded.ok()) << loaded.status().message();
    models.push_back({model.name, model.version, std::move(loaded).value()});
  }
  ASSERT_EQ(models.size(), 5U);
  ASSERT_TRUE(server.Publish(std::move(models)).ok());

  const Json cases = Json::Parse(ReadFile(folder_->path() / "expected.json").value()).value();
  double worst = 0;
  for (const Json& one : cases.AsArray()) {
    const auto response = server.Handle({.method = "POST",
                                         .target = "/invocations",
                                         .headers = {{"X-Amzn-SageMaker-Custom-Attributes",
                                                      "tfs-model-name=" + one.GetString("model")}},
                                         .peer = {}},
                                        one.GetString("request"));
    ASSERT_EQ(response.status, 200) << response.body;
    const Json& expected = *one.Find("outputs");
    const Json columns = Columns(Json::Parse(response.body).value(), expected);
    for (const auto& [name, value] : expected.AsObject())
      worst = std::max(worst, Difference(value, *columns.Find(name)));
  }
  RecordProperty("cases", static_cast<int>(cases.size()));
  EXPECT_LE(worst, 1e-6);
  std::printf("largest difference in %zu cases: %g\n", cases.size(), worst);
}

// Its loop reads a variable that each call counts up by one, and one that stays at a half.
TEST_F(SavedModelTest, AVariableThatAModelWritesIsNoConstantInItsLoops) {
  const auto model = LoadSavedModel(*library_, folder_->path() / "counter/1", {});
  ASSERT_TRUE(model.ok()) << model.status().message();

  for (const float expected : {11.5F, 13.F, 14.5F}) {
    const auto outputs = (*model)->Run(0, {Floats({1}, {10})});
    ASSERT_TRUE(outputs.ok()) << outputs.status().message();
    float total = 0;
    std::memcpy(&total, (*outputs)[0].data.data(), sizeof total);
    EXPECT_EQ(total, expected);
  }
}

TEST_F(SavedModelTest, SignaturesAreRead) {
  const auto model = LoadSavedModel(*library_, folder_->path() / "mlp/3", {});

  ASSERT_TRUE(model.ok()) << model.status().message();
  const Signature expected{.name = "serving_default",
                           .method = Method::kPredict,
                           .inputs = {{"features", DataType::kFloat, Shape{-1, 4}},
                                      {"kind", DataType::kInt64, Shape{-1}}},
                           .outputs = {{"best", DataType::kInt64, Shape{-1}},
                                       {"probabilities", DataType::kFloat, Shape{-1, 3}}}};
  ASSERT_EQ((*model)->signatures().size(), 1U);
  EXPECT_EQ((*model)->signatures()[0], expected);
  EXPECT_TRUE(IsBatchable((*model)->signatures()[0]));
}

TEST_F(SavedModelTest, GraphsComplaintAboutAValueIsTheCallersFault) {
  const auto model = LoadSavedModel(*library_, folder_->path() / "mlp/3", {});

  const auto outputs = (*model)->Run(
      0, {Floats({1, 4}, {1, 2, 3, 4}), MakeTensor<std::int64_t>(DataType::kInt64, {1}, {9})});

  EXPECT_EQ(outputs.status().code(), Code::kInvalidArgument);
}

TEST_F(SavedModelTest, BrokenModelTellsTensorFlowsReason) {
  const fs::path broken = folder_->path() / "broken";
  fs::create_directories(broken);
  ASSERT_TRUE(WriteFile(broken / "saved_model.pb", "not a protobuf").ok());

  const auto model = LoadSavedModel(*library_, broken, {});

  EXPECT_EQ(model.status().code(), Code::kInvalidArgument);
  EXPECT_NE(model.status().message().find("cannot load the SavedModel in"), std::string::npos);
  fs::remove_all(broken);
}

TEST(TensorflowLibrary, MissingLibraryIsNotFound) {
  EXPECT_EQ(TensorflowLibrary::Load("/nonexistent").status().code(), Code::kNotFound);
}

TEST(MetaGraph, BrokenBytesAreRefused) {
  EXPECT_EQ(ReadSignatures("\x2a\xff\xff").status().code(), Code::kInvalidArgument);
  EXPECT_TRUE(ReadSignatures("").value().empty());
}

}  // namespace
}  // namespace sagebrush::serving
