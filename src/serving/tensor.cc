// SPDX-License-Identifier: Apache-2.0
// Names, sizes and row arithmetic of tensors. Pure functions.
#include "serving/tensor.h"

#include "base/check.h"

namespace sagebrush::serving {
namespace {

std::size_t ElementsPerRow(const Shape& shape) {
  std::int64_t count = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) count *= shape[i];
  return static_cast<std::size_t>(count);
}

}  // namespace

std::string_view DataTypeName(DataType type) {
  switch (type) {
    case DataType::kUnsupported:
      return "unsupported";
    case DataType::kFloat:
      return "float";
    case DataType::kDouble:
      return "double";
    case DataType::kHalf:
      return "half";
    case DataType::kBfloat:
      return "bfloat16";
    case DataType::kInt8:
      return "int8";
    case DataType::kInt16:
      return "int16";
    case DataType::kInt32:
      return "int32";
    case DataType::kInt64:
      return "int64";
    case DataType::kUint8:
      return "uint8";
    case DataType::kUint16:
      return "uint16";
    case DataType::kUint32:
      return "uint32";
    case DataType::kUint64:
      return "uint64";
    case DataType::kBool:
      return "bool";
    case DataType::kString:
      return "string";
  }
  return "unsupported";
}

std::size_t ElementSize(DataType type) {
  switch (type) {
    case DataType::kUnsupported:
    case DataType::kString:
      return 0;
    case DataType::kInt8:
    case DataType::kUint8:
    case DataType::kBool:
      return 1;
    case DataType::kHalf:
    case DataType::kBfloat:
    case DataType::kInt16:
    case DataType::kUint16:
      return 2;
    case DataType::kFloat:
    case DataType::kInt32:
    case DataType::kUint32:
      return 4;
    case DataType::kDouble:
    case DataType::kInt64:
    case DataType::kUint64:
      return 8;
  }
  return 0;
}

std::string ShapeText(const Shape& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    if (text.size() > 1) text += ',';
    text += std::to_string(size);
  }
  return text + "]";
}

std::int64_t ElementCount(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

void AppendRows(const Tensor& from, Tensor* to) {
  SAGEBRUSH_CHECK(
      from.type == to->type && !from.shape.empty() && from.shape.size() == to->shape.size(),
      "rows are joined only between tensors of one kind");
  to->shape[0] += from.shape[0];
  to->data.insert(to->data.end(), from.data.begin(), from.data.end());
  to->strings.insert(to->strings.end(), from.strings.begin(), from.strings.end());
}

Tensor SliceRows(const Tensor& from, std::int64_t first, std::int64_t count) {
  SAGEBRUSH_CHECK(!from.shape.empty() && first >= 0 && count >= 0 && first + count <= from.shape[0],
                  "rows are cut only inside a tensor");
  const std::size_t per_row = ElementsPerRow(from.shape);
  const std::size_t begin = static_cast<std::size_t>(first) * per_row;
  const std::size_t end = begin + static_cast<std::size_t>(count) * per_row;
  Tensor slice{.type = from.type, .shape = from.shape, .data = {}, .strings = {}};
  slice.shape[0] = count;
  if (from.type == DataType::kString) {
    slice.strings.assign(from.strings.begin() + static_cast<std::ptrdiff_t>(begin),
                         from.strings.begin() + static_cast<std::ptrdiff_t>(end));
  } else {
    const std::size_t size = ElementSize(from.type);
    slice.data.assign(from.data.begin() + static_cast<std::ptrdiff_t>(begin * size),
                      from.data.begin() + static_cast<std::ptrdiff_t>(end * size));
  }
  return slice;
}

}  // namespace sagebrush::serving
