// SPDX-License-Identifier: Apache-2.0
// The answer's JSON, as TensorFlow Serving shapes it: {"predictions": [row, …]} or {"outputs": …};
// one output stands bare, several as objects by name. Numbers are the shortest text that reads back
// to the same value, always with a point or an exponent where the type is floating; NaN and
// Infinity are bare words. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "serving/model.h"
#include "serving/predict_request.h"

namespace sagebrush::serving {

// kInvalidArgument when rows were asked for and the outputs have none, or not the same number (the
// client can ask for columns instead: {"inputs": …}).
Result<std::string> RenderPredictResponse(const Signature& signature, RequestFormat format,
                                          const std::vector<Tensor>& outputs);

// The shortest text that reads back to the same float, with a point or an exponent; NaN, Infinity,
// -Infinity.
void AppendFloat(float value, std::string* out);

// {"error": "…"}
std::string RenderError(std::string_view message);

}  // namespace sagebrush::serving
