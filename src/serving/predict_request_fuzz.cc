// SPDX-License-Identifier: Apache-2.0
// Fuzz target of everything that reads an invocation's body: wrapping, JSON lines, CSV, rows and
// columns into tensors of every type, examples; what was accepted must have as many elements as its
// shape says and be written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "serving/examples_request.h"
#include "serving/predict_request.h"
#include "serving/predict_response.h"
#include "serving/request_body.h"
#include "serving/testdata/fake_model.h"

namespace {

using namespace sagebrush::serving;

const FakeModel& EveryType() {
  static const FakeModel* const model = [] {
    std::vector<Signature> signatures = {
        OneToOne(DataType::kFloat, {-1, 2}),
        {.name = "two",
         .method = Method::kPredict,
         .inputs = {{"a", DataType::kFloat, {}}, {"b", DataType::kString, {}}},
         .outputs = {{"a", DataType::kFloat, {}}, {"b", DataType::kString, {}}}},
        {.name = "classify",
         .method = Method::kClassify,
         .inputs = {{"inputs", DataType::kString, {}}},
         .outputs = {}}};
    for (const DataType type : {DataType::kDouble, DataType::kInt8, DataType::kInt64,
                                DataType::kUint64, DataType::kBool, DataType::kString}) {
      Signature open = OneToOne(type, {}, std::string(DataTypeName(type)));
      open.inputs[0].shape.reset();
      signatures.push_back(std::move(open));
    }
    return new FakeModel(std::move(signatures));
  }();
  return *model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  if ((data[0] & 3) == 3) {
    (void)ParseExamplesRequest(EveryType(), "classify", body);
    return 0;
  }
  const std::string json =
      (data[0] & 3) == 2
          ? body
          : ToPredictJson((data[0] & 3) == 1 ? BodyKind::kCsv : BodyKind::kJson, body);
  const auto request = ParsePredictRequest(EveryType(), json);
  if (!request.ok()) return 0;
  for (const Tensor& tensor : request->inputs) {
    const auto count = static_cast<std::size_t>(ElementCount(tensor.shape));
    const std::size_t held = tensor.type == DataType::kString
                                 ? tensor.strings.size()
                                 : tensor.data.size() / ElementSize(tensor.type);
    if (count != held) std::abort();
  }
  const Signature& signature = EveryType().signatures()[request->signature];
  if (!signature.outputs.empty())
    (void)RenderPredictResponse(signature, request->format, request->inputs);
  return 0;
}
