// SPDX-License-Identifier: Apache-2.0
// A TensorFlow Serving predict request: {"signature_name": …, "instances": rows} or {…, "inputs":
// columns}, read straight into the tensors of the model's signature and checked against their
// shapes. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "serving/model.h"

namespace sagebrush::serving {

enum class RequestFormat { kRow, kColumnar };

struct PredictRequest {
  std::size_t signature = 0;
  RequestFormat format = RequestFormat::kRow;
  std::vector<Tensor> inputs;  // in the signature's order
};

// kInvalidArgument in TensorFlow Serving's words. Takes the text because the parser wants room
// behind it.
Result<PredictRequest> ParsePredictRequest(const Model& model, std::string json);

}  // namespace sagebrush::serving
