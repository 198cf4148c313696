// SPDX-License-Identifier: Apache-2.0
// TensorFlow Serving's classify and regress requests: {"examples": [{feature: value or list}, …],
// "context": {…}}. Each example becomes a serialised tf.Example, which such a signature takes as a
// string. And the answers: {"results": …}. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "serving/model.h"

namespace sagebrush::serving {

struct ExamplesRequest {
  std::size_t signature = 0;
  Tensor examples;  // strings, one a row
};

// `method` is "classify" or "regress". kInvalidArgument in TensorFlow Serving's words, also when
// the signature is of another kind.
Result<ExamplesRequest> ParseExamplesRequest(const Model& model, std::string_view method,
                                             std::string json);

// classify: rows of [label, score]; regress: a number a row.
Result<std::string> RenderExamplesResponse(const Signature& signature,
                                           const std::vector<Tensor>& outputs);

}  // namespace sagebrush::serving
