// SPDX-License-Identifier: Apache-2.0
// What can be said of any model from its signatures, and its first run.
#include "serving/model.h"

#include <algorithm>

#include "base/log.h"

namespace sagebrush::serving {
namespace {

bool LeavesFirstDimensionOpen(const TensorSpec& spec) {
  return spec.shape.has_value() && !spec.shape->empty() && spec.shape->front() < 0;
}

}  // namespace

bool IsBatchable(const Signature& signature) {
  // An output of unknown rank is common in converted graphs; the batcher looks at what really came.
  return !signature.inputs.empty() &&
         std::ranges::all_of(signature.inputs, LeavesFirstDimensionOpen) &&
         std::ranges::all_of(signature.outputs, [](const TensorSpec& spec) {
           return !spec.shape || LeavesFirstDimensionOpen(spec);
         });
}

Result<std::size_t> FindSignature(const Model& model, std::string_view name) {
  const std::string_view wanted = name.empty() ? kDefaultSignature : name;
  const auto& signatures = model.signatures();
  const auto found = std::ranges::find(signatures, wanted, &Signature::name);
  if (found != signatures.end()) return static_cast<std::size_t>(found - signatures.begin());
  std::string known;
  for (const Signature& signature : signatures)
    known += (known.empty() ? "" : ", ") + signature.name;
  return InvalidArgument("Serving signature name: \"" + std::string(wanted) +
                         "\" not found in signature def; the model has: " + known);
}

void WarmUp(const Model& model) {
  constexpr std::int64_t kMaxElements = 1 << 24;
  for (std::size_t i = 0; i < model.signatures().size(); ++i) {
    const Signature& signature = model.signatures()[i];
    if (signature.method != Method::kPredict) continue;  // those want serialised examples
    std::vector<Tensor> inputs;
    for (const TensorSpec& spec : signature.inputs) {
      if (!spec.shape || spec.type == DataType::kUnsupported) break;
      Tensor zeros{.type = spec.type, .shape = *spec.shape, .data = {}, .strings = {}};
      for (std::int64_t& size : zeros.shape) size = size < 0 ? 1 : size;
      const std::int64_t count = ElementCount(zeros.shape);
      if (count > kMaxElements) break;
      zeros.data.resize(static_cast<std::size_t>(count) * ElementSize(spec.type));
      if (spec.type == DataType::kString) zeros.strings.resize(static_cast<std::size_t>(count));
      inputs.push_back(std::move(zeros));
    }
    if (inputs.size() != signature.inputs.size() || inputs.empty()) continue;
    if (const auto ran = model.Run(i, inputs); !ran.ok()) {
      LogDebug("model",
               "signature " + signature.name + " refuses zeros: " + ran.status().message());
    }
  }
}

}  // namespace sagebrush::serving
