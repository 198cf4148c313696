// SPDX-License-Identifier: Apache-2.0
#include "serving/predict_response.h"

#include <gtest/gtest.h>
#include <limits>

#include "serving/testdata/fake_model.h"

namespace sagebrush::serving {
namespace {

Signature TwoOutputs(DataType first, DataType second) {
  return {.name = "s",
          .method = Method::kPredict,
          .inputs = {},
          .outputs = {{"a", first, {}}, {"b_bytes", second, {}}}};
}

TEST(PredictResponse, OneOutputStandsBareInRowsAndColumns) {
  const Signature signature = OneToOne(DataType::kFloat, {-1, 2});
  const std::vector<Tensor> outputs = {Floats({2, 2}, {0.1F, 1, 2e20F, -3})};

  EXPECT_EQ(*RenderPredictResponse(signature, RequestFormat::kRow, outputs),
            R"({"predictions": [[0.1, 1.0], [2e+20, -3.0]]})");
  EXPECT_EQ(*RenderPredictResponse(signature, RequestFormat::kColumnar, outputs),
            R"({"outputs": [[0.1, 1.0], [2e+20, -3.0]]})");
}

TEST(PredictResponse, SeveralOutputsStandByName) {
  const std::vector<Tensor> outputs = {MakeTensor<std::int64_t>(DataType::kInt64, {2}, {7, -8}),
                                       Strings({2}, {"x", "yz"})};
  const Signature signature = TwoOutputs(DataType::kInt64, DataType::kString);

  EXPECT_EQ(
      *RenderPredictResponse(signature, RequestFormat::kRow, outputs),
      R"({"predictions": [{"a": 7, "b_bytes": {"b64": "eA=="}}, {"a": -8, "b_bytes": {"b64": "eXo="}}]})");
  EXPECT_EQ(*RenderPredictResponse(signature, RequestFormat::kColumnar, outputs),
            R"({"outputs": {"a": [7, -8], "b_bytes": [{"b64": "eA=="}, {"b64": "eXo="}]}})");
}

TEST(PredictResponse, ScalarsOfARowStandWithoutBrackets) {
  EXPECT_EQ(*RenderPredictResponse(OneToOne(DataType::kBool, {-1}), RequestFormat::kRow,
                                   {MakeTensor<std::uint8_t>(DataType::kBool, {2}, {1, 0})}),
            R"({"predictions": [true, false]})");
}

TEST(PredictResponse, ShortFloatingTypesAreNumbers) {
  EXPECT_EQ(*RenderPredictResponse(OneToOne(DataType::kHalf, {-1}), RequestFormat::kRow,
                                   {MakeTensor<std::uint16_t>(DataType::kHalf, {2}, {0x3c00, 0})}),
            R"({"predictions": [1.0, 0.0]})");
  EXPECT_EQ(*RenderPredictResponse(OneToOne(DataType::kBfloat, {-1}), RequestFormat::kRow,
                                   {MakeTensor<std::uint16_t>(DataType::kBfloat, {1}, {0xc040})}),
            R"({"predictions": [-3.0]})");
}

TEST(PredictResponse, NumbersThatAreNotFiniteAreBareWords) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const Tensor tensor =
      Floats({3}, {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity});

  EXPECT_EQ(*RenderPredictResponse(OneToOne(DataType::kFloat, {-1}), RequestFormat::kRow, {tensor}),
            R"({"predictions": [NaN, Infinity, -Infinity]})");
}

TEST(PredictResponse, TextIsEscapedAndOtherBytesAreBase64) {
  EXPECT_EQ(*RenderPredictResponse(OneToOne(DataType::kString, {-1}), RequestFormat::kRow,
                                   {Strings({2}, {"a\"\n", "\xff"})}),
            R"({"predictions": ["a\"\n", {"b64": "/w=="}]})");
}

TEST(PredictResponse, RowsNeedTheSameNumberInEveryOutput) {
  const auto json =
      RenderPredictResponse(TwoOutputs(DataType::kFloat, DataType::kFloat), RequestFormat::kRow,
                            {Floats({2}, {1, 2}), Floats({1}, {1})});
  const auto scalar =
      RenderPredictResponse(OneToOne(DataType::kFloat, {}), RequestFormat::kRow, {Floats({}, {1})});

  EXPECT_EQ(json.status().message(),
            "Tensor name: b_bytes has inconsistent batch size: 1 expecting: 2");
  EXPECT_EQ(scalar.status().message(), "Tensor name: y has no shape information ");
}

TEST(PredictResponse, ErrorsAreJson) {
  EXPECT_EQ(RenderError("a \"b\""), R"({"error": "a \"b\""})");
}

}  // namespace
}  // namespace sagebrush::serving
