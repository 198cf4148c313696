// SPDX-License-Identifier: Apache-2.0
// Finds the models below /opt/ml/model as SageMaker's TensorFlow containers do: a folder with a
// numeric name that holds saved_model.pb is a version, the folder above names the model, and every
// version is served, the highest one to whom names none.
//   /opt/ml/model/1/saved_model.pb → "model";  export/Servo/1/… → "Servo";  half_plus_two/7/… → "half_plus_two"
// Blocking; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"

namespace sagebrush::serving {

struct FoundModel {
  std::string name;
  std::int64_t version = 0;
  std::filesystem::path folder;  // the version's own

  bool operator==(const FoundModel&) const = default;
};

// At least one, sorted by name, then by version. kNotFound with a text for the model's author: what
// was looked for, what is there instead, what to change. kInvalidArgument when two folders of one
// name would hide each other.
Result<std::vector<FoundModel>> FindModels(const std::filesystem::path& root);

}  // namespace sagebrush::serving
