// SPDX-License-Identifier: Apache-2.0
#include "serving/predict_request.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serving/testdata/fake_model.h"

namespace sagebrush::serving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

FakeModel FloatRows() { return FakeModel({OneToOne(DataType::kFloat, {-1, 3})}); }
FakeModel Open(DataType type) {  // any rank, so that only the parser judges
  Signature signature = OneToOne(type, {});
  signature.inputs[0].shape.reset();
  return FakeModel({signature});
}
FakeModel TwoInputs() {
  return FakeModel(
      {{.name = "serving_default",
        .method = Method::kPredict,
        .inputs = {{"a", DataType::kFloat, Shape{-1, 2}}, {"b/x:0", DataType::kInt64, Shape{-1}}},
        .outputs = {}}});
}

Tensor Parsed(const Model& model, const std::string& json) {
  auto request = ParsePredictRequest(model, json);
  EXPECT_TRUE(request.ok()) << json << ": " << request.status().message();
  return request.ok() ? std::move(request->inputs.at(0)) : Tensor();
}

std::string Refusal(const Model& model, const std::string& json) {
  const auto request = ParsePredictRequest(model, json);
  EXPECT_FALSE(request.ok()) << json;
  EXPECT_EQ(request.status().code(), Code::kInvalidArgument);
  return request.status().message();
}

TEST(PredictRequest, RowsBecomeOneTensor) {
  const auto request =
      ParsePredictRequest(FloatRows(), R"({"instances": [[1, 2.5, -3], [4, 5e-1, 6]]})");

  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->format, RequestFormat::kRow);
  EXPECT_THAT(request->inputs, ElementsAre(Floats({2, 3}, {1, 2.5, -3, 4, 0.5, 6})));
}

TEST(PredictRequest, ColumnsKeepTheirShape) {
  const auto request = ParsePredictRequest(FloatRows(), R"({"inputs": [[1, 2, 3]]})");

  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->format, RequestFormat::kColumnar);
  EXPECT_THAT(request->inputs, ElementsAre(Floats({1, 3}, {1, 2, 3})));
}

TEST(PredictRequest, ScalarRowsGiveOneDimension) {
  EXPECT_EQ(Parsed(Open(DataType::kFloat), R"({"instances": [1, 2]})"), Floats({2}, {1, 2}));
  EXPECT_EQ(Parsed(Open(DataType::kFloat), R"({"inputs": 7})"), Floats({}, {7}));
  EXPECT_EQ(Parsed(Open(DataType::kFloat), R"({"instances": [[], []]})").shape, (Shape{2, 0}));
}

TEST(PredictRequest, NamedInputsStandInTheSignaturesOrder) {
  const auto rows = ParsePredictRequest(
      TwoInputs(), R"({"instances": [{"b\/x:0": 7, "a": [1, 2]}, {"a": [3, 4], "b/x:0": 8}]})");
  const auto columns = ParsePredictRequest(
      TwoInputs(), R"({"inputs": {"b/x:0": [7, 8], "unknown": {"q": []}, "a": [[1, 2], [3, 4]]}})");

  ASSERT_TRUE(rows.ok()) << rows.status().message();
  ASSERT_TRUE(columns.ok()) << columns.status().message();
  EXPECT_THAT(rows->inputs, ElementsAre(Floats({2, 2}, {1, 2, 3, 4}),
                                        MakeTensor<std::int64_t>(DataType::kInt64, {2}, {7, 8})));
  EXPECT_EQ(rows->inputs, columns->inputs);
}

TEST(PredictRequest, SignatureMayBeNamedBeforeOrAfterTheRows) {
  const FakeModel model({OneToOne(DataType::kFloat, {-1}, "other"),
                         OneToOne(DataType::kInt64, {-1}, "serving_default")});

  EXPECT_EQ(
      ParsePredictRequest(model, R"({"instances": [1], "signature_name": "other"})")->signature,
      0U);
  EXPECT_EQ(
      ParsePredictRequest(model, R"({"signature_name": "other", "instances": [1]})")->signature,
      0U);
  EXPECT_EQ(ParsePredictRequest(model, R"({"instances": [1]})")->signature, 1U);
  EXPECT_THAT(Refusal(model, R"({"instances": [1], "signature_name": "none"})"),
              HasSubstr("Serving signature name: \"none\" not found in signature def"));
  EXPECT_THAT(Refusal(model, R"({"instances": [1], "signature_name": 3})"),
              HasSubstr("'signature_name' key must be a string value."));
}

TEST(PredictRequest, ValuesTakeTheSignaturesType) {
  EXPECT_EQ(Parsed(Open(DataType::kDouble), R"({"instances": [1, 0.1]})"),
            MakeTensor<double>(DataType::kDouble, {2}, {1, 0.1}));
  EXPECT_EQ(Parsed(Open(DataType::kInt32), R"({"instances": [-5]})"),
            MakeTensor<std::int32_t>(DataType::kInt32, {1}, {-5}));
  EXPECT_EQ(Parsed(Open(DataType::kUint8), R"({"instances": [255]})"),
            MakeTensor<std::uint8_t>(DataType::kUint8, {1}, {255}));
  EXPECT_EQ(Parsed(Open(DataType::kUint64), R"({"instances": [18446744073709551615]})"),
            MakeTensor<std::uint64_t>(DataType::kUint64, {1}, {18446744073709551615U}));
  EXPECT_EQ(Parsed(Open(DataType::kHalf), R"({"instances": [1, 0.1, -Infinity]})"),
            MakeTensor<std::uint16_t>(DataType::kHalf, {3}, {0x3c00, 0x2e66, 0xfc00}));
  EXPECT_EQ(Parsed(Open(DataType::kBfloat), R"({"instances": [3]})"),
            MakeTensor<std::uint16_t>(DataType::kBfloat, {1}, {0x4040}));
  EXPECT_EQ(Parsed(Open(DataType::kBool), R"({"instances": [true, false]})"),
            MakeTensor<std::uint8_t>(DataType::kBool, {2}, {1, 0}));
  EXPECT_EQ(Parsed(Open(DataType::kString), R"({"instances": ["a\n", {"b64": "AP8="}]})"),
            Strings({2}, {"a\n", std::string("\x00\xff", 2)}));
}

TEST(PredictRequest, WrongTypesAreRefusedInTensorFlowServingsWords) {
  EXPECT_EQ(Refusal(FloatRows(), R"({"instances": [[1, 2, 3], [1, "two", 3]]})"),
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON Value: \"two\" Type: String is not of expected type: float");
  EXPECT_THAT(Refusal(Open(DataType::kInt64), R"({"instances": [1.5]})"),
              HasSubstr("JSON Value: 1.5 Type: Number is not of expected type: int64"));
  EXPECT_THAT(Refusal(Open(DataType::kUint8), R"({"instances": [256]})"),
              HasSubstr("is not of expected type: uint8"));
  EXPECT_THAT(Refusal(Open(DataType::kFloat), R"({"instances": [null]})"),
              HasSubstr("JSON Value: null Type: Null"));
  EXPECT_THAT(Refusal(Open(DataType::kFloat), R"({"instances": [{"b64": "AA=="}]})"),
              HasSubstr("Type: Object is not of expected type: float"));
  EXPECT_THAT(Refusal(Open(DataType::kString), R"({"instances": [{"b64": "*"}]})"),
              HasSubstr("Unable to base64 decode"));
}

TEST(PredictRequest, NumbersThatWouldLosePrecisionAreRefused) {
  EXPECT_THAT(Refusal(Open(DataType::kFloat), R"({"instances": [16777217]})"),
              HasSubstr("Cannot convert JSON value: 16777217 to float without loss of precision."));
  EXPECT_THAT(Refusal(Open(DataType::kFloat), R"({"instances": [1e39]})"),
              HasSubstr("without loss of precision."));
  EXPECT_THAT(Refusal(Open(DataType::kHalf), R"({"instances": [65505]})"),
              HasSubstr("Cannot convert JSON value: 65505 to half without loss of precision."));
  EXPECT_THAT(Refusal(Open(DataType::kHalf), R"({"instances": ["1"]})"),
              HasSubstr("Type: String is not of expected type: half"));
  EXPECT_EQ(Parsed(Open(DataType::kFloat), R"({"instances": [16777215, 3e38]})"),
            Floats({2}, {16777215, 3e38F}));
}

TEST(PredictRequest, NanAndInfinityAreBareWords) {
  const Tensor tensor =
      Parsed(Open(DataType::kFloat), R"({"instances": [NaN, Infinity, -Infinity, 1]})");

  EXPECT_TRUE(std::isnan(tensor.At<float>(0)));
  EXPECT_EQ(tensor.At<float>(1), INFINITY);
  EXPECT_EQ(tensor.At<float>(2), -INFINITY);
  EXPECT_EQ(tensor.At<float>(3), 1);
  EXPECT_THAT(Refusal(Open(DataType::kFloat), R"({"instances": [nan]})"),
              HasSubstr("JSON Parse error"));
}

TEST(PredictRequest, RaggedListsAreRefused) {
  const FakeModel open = Open(DataType::kFloat);

  EXPECT_THAT(Refusal(open, R"({"instances": [[1, 2], [3]]})"),
              HasSubstr("element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor "
                        "size: 2 but got: 1"));
  EXPECT_THAT(Refusal(open, R"({"instances": [[[1, 2], [3, 4]], [[1, 2, 3, 4]]]})"),
              HasSubstr("Expecting shape [2,2] but got: [1,4]"));
  EXPECT_THAT(Refusal(open, R"({"inputs": [[1, 2], [3]]})"),
              HasSubstr("Encountered list at unexpected size: 1 at level: 1 expected size: 2"));
  EXPECT_THAT(Refusal(open, R"({"inputs": [1, [2]]})"),
              HasSubstr("Encountered list at unexpected level: 1 expected < 1"));
  EXPECT_THAT(
      Refusal(open, R"({"inputs": [[1], 2]})"),
      HasSubstr("JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"));
  EXPECT_THAT(Refusal(open, std::string(R"({"inputs": )") + std::string(40, '[') +
                                std::string(40, ']') + "}"),
              HasSubstr("nested deeper than 32"));
}

TEST(PredictRequest, ShapesOfTheSignatureHold) {
  EXPECT_EQ(Refusal(FloatRows(), R"({"instances": [[1, 2]]})"),
            "Tensor name: x has shape [1,2], but the signature expects [-1,3] (-1: any size)");
  EXPECT_THAT(Refusal(FloatRows(), R"({"instances": [1, 2, 3]})"), HasSubstr("has shape [3]"));
}

TEST(PredictRequest, NamedInputsMustBeExactlyThoseOfTheSignature) {
  const FakeModel model = TwoInputs();

  EXPECT_THAT(Refusal(model, R"({"instances": [[1, 2]]})"),
              HasSubstr("instances is a plain list, but expecting list of objects"));
  EXPECT_THAT(Refusal(model, R"({"instances": [{"a": [1, 2]}]})"),
              HasSubstr("keys must be equal to: a,b/x:0"));
  EXPECT_THAT(Refusal(model, R"({"instances": [{"a": [1, 2], "a": [1, 2]}]})"),
              HasSubstr("keys must be equal to: a,b/x:0"));
  EXPECT_THAT(Refusal(model, R"({"instances": [{"a": [1, 2], "b/x:0": 1}, 3]})"),
              HasSubstr("Expecting object but got list at item 1"));
  EXPECT_THAT(Refusal(model, R"({"instances": [{"c": 1}]})"),
              HasSubstr("element: 0 key: c of 'instances' list. Error: INVALID_ARGUMENT: JSON "
                        "object: does not have named input: c"));
  EXPECT_THAT(Refusal(model, R"({"inputs": {"a": [[1, 2]]}})"),
              HasSubstr("Missing named input: b/x:0 in 'inputs' object."));
  EXPECT_THAT(Refusal(model, R"({"inputs": [1]})"), HasSubstr("inputs is a plain value/list"));
  EXPECT_THAT(Refusal(Open(DataType::kFloat), R"({"instances": [1, {"x": 1}]})"),
              HasSubstr("Expecting value/list but got object at item 1"));
}

TEST(PredictRequest, DocumentsThatAreNoRequestAreRefused) {
  const FakeModel model = FloatRows();

  EXPECT_THAT(Refusal(model, ""), HasSubstr("JSON Parse error: The document is empty"));
  EXPECT_THAT(Refusal(model, "{}"), HasSubstr("Missing 'inputs' or 'instances' key"));
  EXPECT_THAT(Refusal(model, "[1]"), HasSubstr("Is not object"));
  EXPECT_THAT(Refusal(model, R"({"instances": 3})"),
              HasSubstr("Excepting 'instances' to be an list/array"));
  EXPECT_THAT(Refusal(model, R"({"instances": []})"), HasSubstr("No values in 'instances' array"));
  EXPECT_THAT(Refusal(model, R"({"instances": [1], "inputs": [1]})"),
              HasSubstr("expecting only one of 'inputs' or 'instances'"));
  for (const char* broken : {"{", R"({"instances": [[1,2,3])", R"({"instances": [[1,2,3]]} x)",
                             R"({"instances": [[1 2 3]]})", R"({"instances": [[1,2,3]}})",
                             "{\"instances\": [\"\xff\"]}", R"({"instances" [1]})"}) {
    Refusal(model, broken);
  }
}

}  // namespace
}  // namespace sagebrush::serving
