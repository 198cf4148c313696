// SPDX-License-Identifier: Apache-2.0
// What SageMaker's TensorFlow container does to a body before TensorFlow Serving sees it: JSON that
// is no predict request is wrapped into one, JSON lines and CSV become one. Pure functions over
// text (evidence: the container's tensorflowServing.js, which works on the text and not on its
// meaning; so must we, or bodies it takes would be refused).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sagebrush::serving {

enum class BodyKind { kJson, kCsv };

// By media type without its parameters; "" is JSON. Nothing: 415.
std::optional<BodyKind> BodyKindOf(std::string_view content_type);

// A TensorFlow Serving request document, not yet checked.
//   {"instances":…} stays; [1,2] → {"instances":[[1,2]]}; [[1],[2]] → {"instances":[[1],[2]]}; {"a":1}\n{"a":2} → both rows;
//   "1,2\n3,4" → {"instances":[[1,2],[3,4]]}; "a,b" → {"instances":[["a","b"]]}
std::string ToPredictJson(BodyKind kind, std::string body);

}  // namespace sagebrush::serving
