// SPDX-License-Identifier: Apache-2.0
// TensorReader: JSON values straight into one tensor, with TensorFlow Serving's rules and words
// (util/json_tensor.cc): values at one depth only, equal lengths, no silent loss of precision,
// {"b64": …} for bytes, NaN and Infinity as bare words. Includes simdjson: only predict_request.cc
// may include this. One thread.
#pragma once

#include <simdjson.h>
#include <string>
#include <string_view>

#include "base/status.h"
#include "serving/tensor.h"

namespace sagebrush::serving {

class TensorReader {
 public:
  explicit TensorReader(DataType type) { tensor_.type = type; }

  // Adds one item: a value, or lists of values. Every item must have the first one's shape.
  Status AddItem(simdjson::dom::element item);
  std::int64_t items() const { return items_; }

  Tensor TakeAsRows();  // [items, shape of an item…]
  Tensor TakeSingle();  // the shape of the only item

 private:
  Status ReadValue(simdjson::dom::element value, std::size_t level);
  Status ReadArray(simdjson::dom::array array, std::size_t level);
  Status ReadScalar(simdjson::dom::element value);
  Status ReadText(simdjson::dom::element value);
  template <typename T>
  Status ReadFloating(simdjson::dom::element value);
  Status ReadShortFloating(simdjson::dom::element value);
  template <typename T>
  Status ReadInteger(simdjson::dom::element value);

  Tensor tensor_;
  Shape item_shape_;  // of the first item
  std::int64_t items_ = 0;

  // Of the item being read. A size is -1 until its first list has ended.
  Shape shape_;
  bool is_rank_known_ = false;
};

// {"b64": "…"} and nothing else.
bool IsBase64Object(simdjson::dom::element value);

// The value's text for a message, cut short.
std::string ValueText(simdjson::dom::element value);

// NaN, Infinity, Inf and their negatives as bare words are no JSON but TensorFlow Serving's: turns
// those that stand outside strings into strings that TensorReader knows and no client has reason to
// send. For a text that did not parse without.
std::string MarkBareWords(std::string_view json);

}  // namespace sagebrush::serving
