// SPDX-License-Identifier: Apache-2.0
// A Model for tests: signatures as given, Run as given (by default it echoes its inputs). Run may
// be called from any thread if the function may.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "serving/model.h"

namespace sagebrush::serving {

class FakeModel final : public Model {
 public:
  using RunFunction =
      std::function<Result<std::vector<Tensor>>(std::size_t, const std::vector<Tensor>&)>;

  explicit FakeModel(std::vector<Signature> signatures, RunFunction run = nullptr)
      : signatures_(std::move(signatures)), run_(std::move(run)) {}

  const std::vector<Signature>& signatures() const override { return signatures_; }
  Result<std::vector<Tensor>> Run(std::size_t signature,
                                  const std::vector<Tensor>& inputs) const override {
    if (!run_) return inputs;
    return run_(signature, inputs);
  }

 private:
  const std::vector<Signature> signatures_;
  const RunFunction run_;
};

// One input "x" and one output "y" of that type and shape.
inline Signature OneToOne(DataType type, Shape shape, std::string name = "serving_default") {
  return {.name = std::move(name),
          .method = Method::kPredict,
          .inputs = {{"x", type, shape}},
          .outputs = {{"y", type, shape}}};
}

template <typename T>
Tensor MakeTensor(DataType type, Shape shape, const std::vector<T>& values) {
  Tensor tensor{.type = type, .shape = std::move(shape), .data = {}, .strings = {}};
  for (const T value : values) tensor.Append(value);
  return tensor;
}
inline Tensor Floats(Shape shape, const std::vector<float>& values) {
  return MakeTensor(DataType::kFloat, std::move(shape), values);
}
inline Tensor Strings(Shape shape, std::vector<std::string> values) {
  return {.type = DataType::kString,
          .shape = std::move(shape),
          .data = {},
          .strings = std::move(values)};
}

}  // namespace sagebrush::serving
