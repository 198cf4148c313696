// SPDX-License-Identifier: Apache-2.0
// Model: something loaded that predicts. One implementation a format (saved_model.h: TensorFlow);
// the server, the batcher and the JSON on both sides know only this. A model never changes once
// made; Run may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "serving/tensor.h"

namespace sagebrush::serving {

struct TensorSpec {
  std::string name;  // the signature's name for it, which clients use; not the graph's
  DataType type = DataType::kUnsupported;
  std::optional<Shape> shape;  // nothing: any rank; -1: any size

  bool operator==(const TensorSpec&) const = default;
};

enum class Method { kPredict, kClassify, kRegress };

struct Signature {
  std::string name;
  Method method = Method::kPredict;
  std::vector<TensorSpec> inputs;   // sorted by name
  std::vector<TensorSpec> outputs;  // sorted by name

  bool operator==(const Signature&) const = default;
};

// Whether requests may be joined along dimension 0: every input and output leaves its first
// dimension open.
bool IsBatchable(const Signature& signature);

class Model {
 public:
  virtual ~Model() = default;

  virtual const std::vector<Signature>& signatures() const = 0;

  // `inputs` stand in the order of signatures()[signature].inputs, the answer in the order of its
  // outputs. kInvalidArgument when the model refuses the input; the caller has checked types and
  // shapes against the signature.
  virtual Result<std::vector<Tensor>> Run(std::size_t signature,
                                          const std::vector<Tensor>& inputs) const = 0;
};

inline constexpr std::string_view kDefaultSignature = "serving_default";

// The signature of that name ("": serving_default). kInvalidArgument in TensorFlow Serving's words.
Result<std::size_t> FindSignature(const Model& model, std::string_view name);

// Runs every signature once on zeros where its shapes allow it (an open dimension counts as 1),
// because the first run plans the graph and costs many times the second. What a model says to zeros
// does not matter.
void WarmUp(const Model& model);

}  // namespace sagebrush::serving
