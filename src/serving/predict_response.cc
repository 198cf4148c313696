// SPDX-License-Identifier: Apache-2.0
// Data plane: std::to_chars into one growing string.
#include "serving/predict_response.h"

#include <charconv>
#include <cmath>

#include "base/hash.h"
#include "base/json.h"
#include "base/strings.h"
#include "serving/internal/half.h"

namespace sagebrush::serving {
namespace {

template <typename T>
void AppendFloating(T value, std::string* out) {
  if (std::isnan(value)) {
    *out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    *out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  const std::string_view written(text, static_cast<std::size_t>(end - text));
  *out += written;
  if (written.find_first_of(".e") == std::string_view::npos) *out += ".0";
}

template <typename T>
void AppendInteger(T value, std::string* out) {
  char text[24];
  out->append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void AppendValue(const Tensor& tensor, bool as_bytes, std::size_t at, std::string* out) {
  switch (tensor.type) {
    case DataType::kFloat:
      return AppendFloating(tensor.At<float>(at), out);
    case DataType::kDouble:
      return AppendFloating(tensor.At<double>(at), out);
    case DataType::kHalf:
      return AppendFloating(HalfValue(tensor.At<std::uint16_t>(at)), out);
    case DataType::kBfloat:
      return AppendFloating(BfloatValue(tensor.At<std::uint16_t>(at)), out);
    case DataType::kInt8:
      return AppendInteger<int>(tensor.At<std::int8_t>(at), out);
    case DataType::kInt16:
      return AppendInteger(tensor.At<std::int16_t>(at), out);
    case DataType::kInt32:
      return AppendInteger(tensor.At<std::int32_t>(at), out);
    case DataType::kInt64:
      return AppendInteger(tensor.At<std::int64_t>(at), out);
    case DataType::kUint8:
      return AppendInteger<unsigned>(tensor.At<std::uint8_t>(at), out);
    case DataType::kUint16:
      return AppendInteger(tensor.At<std::uint16_t>(at), out);
    case DataType::kUint32:
      return AppendInteger(tensor.At<std::uint32_t>(at), out);
    case DataType::kUint64:
      return AppendInteger(tensor.At<std::uint64_t>(at), out);
    case DataType::kBool:
      *out += tensor.At<bool>(at) ? "true" : "false";
      return;
    case DataType::kString: {
      const std::string& text = tensor.strings[at];
      // TensorFlow Serving goes by the name alone and would write broken JSON for other bytes.
      if (as_bytes || !IsValidUtf8(text)) {
        *out += "{\"b64\": \"" + Base64Encode(text) + "\"}";
      } else {
        AppendJsonString(text, out);
      }
      return;
    }
    case DataType::kUnsupported:
      *out += "null";
      return;
  }
}

// Writes the values from `*at` on as lists of the dimensions from `dimension` on.
void AppendValues(const Tensor& tensor, bool as_bytes, std::size_t dimension, std::size_t* at,
                  std::string* out) {
  if (dimension >= tensor.shape.size()) {
    AppendValue(tensor, as_bytes, (*at)++, out);
    return;
  }
  *out += '[';
  for (std::int64_t i = 0; i < tensor.shape[dimension]; ++i) {
    if (i > 0) *out += ", ";
    AppendValues(tensor, as_bytes, dimension + 1, at, out);
  }
  *out += ']';
}

bool IsBytes(const TensorSpec& spec) {
  return spec.type == DataType::kString && spec.name.ends_with("_bytes");
}

void AppendName(const TensorSpec& spec, std::string* out) {
  AppendJsonString(spec.name, out);
  *out += ": ";
}

Status CheckRows(const Signature& signature, const std::vector<Tensor>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].shape.empty()) {
      return InvalidArgument("Tensor name: " + signature.outputs[i].name +
                             " has no shape information ");
    }
    if (outputs[i].shape[0] != outputs[0].shape[0]) {
      return InvalidArgument(
          "Tensor name: " + signature.outputs[i].name +
          " has inconsistent batch size: " + std::to_string(outputs[i].shape[0]) +
          " expecting: " + std::to_string(outputs[0].shape[0]));
    }
  }
  return Status::Ok();
}

std::string RenderRows(const Signature& signature, const std::vector<Tensor>& outputs) {
  std::string json = "{\"predictions\": [";
  std::vector<std::size_t> at(outputs.size(), 0);
  for (std::int64_t row = 0; row < outputs[0].shape[0]; ++row) {
    if (row > 0) json += ", ";
    if (outputs.size() > 1) json += '{';
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (i > 0) json += ", ";
      if (outputs.size() > 1) AppendName(signature.outputs[i], &json);
      AppendValues(outputs[i], IsBytes(signature.outputs[i]), 1, &at[i], &json);
    }
    if (outputs.size() > 1) json += '}';
  }
  return json + "]}";
}

std::string RenderColumns(const Signature& signature, const std::vector<Tensor>& outputs) {
  std::string json = "{\"outputs\": ";
  if (outputs.size() > 1) json += '{';
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (i > 0) json += ", ";
    if (outputs.size() > 1) AppendName(signature.outputs[i], &json);
    std::size_t at = 0;
    AppendValues(outputs[i], IsBytes(signature.outputs[i]), 0, &at, &json);
  }
  if (outputs.size() > 1) json += '}';
  return json + "}";
}

}  // namespace

Result<std::string> RenderPredictResponse(const Signature& signature, RequestFormat format,
                                          const std::vector<Tensor>& outputs) {
  SAGEBRUSH_CHECK(!outputs.empty() && outputs.size() == signature.outputs.size(),
                  "a model gives every output");
  if (format == RequestFormat::kColumnar) return RenderColumns(signature, outputs);
  RETURN_IF_ERROR(CheckRows(signature, outputs));
  return RenderRows(signature, outputs);
}

void AppendFloat(float value, std::string* out) { AppendFloating(value, out); }

std::string RenderError(std::string_view message) {
  std::string json = "{\"error\": ";
  AppendJsonString(message, &json);
  return json + "}";
}

}  // namespace sagebrush::serving
