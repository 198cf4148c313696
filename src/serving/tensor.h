// SPDX-License-Identifier: Apache-2.0
// Tensor: what goes into a model and comes out, independent of the library that runs it. Numbers
// lie densely in row-major order as raw bytes; text lies in `strings`. A plain value of the data
// plane: move it, do not copy it. Not synchronised.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sagebrush::serving {

enum class DataType {
  kUnsupported,  // complex, quantised, resource, …: a model may have it where nobody asks for it
  kFloat,
  kDouble,
  kHalf,    // IEEE, 16 bits; bits in internal/half.h
  kBfloat,  // TensorFlow's bfloat16
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kBool,
  kString,
};

std::string_view DataTypeName(DataType type);  // TensorFlow's words: "float", "int64", "string"
std::size_t ElementSize(DataType type);        // 0 for kString and kUnsupported

using Shape = std::vector<std::int64_t>;
std::string ShapeText(const Shape& shape);      // "[2,200]"
std::int64_t ElementCount(const Shape& shape);  // 1 for a scalar

struct Tensor {
  DataType type = DataType::kUnsupported;
  Shape shape;
  std::vector<std::byte> data;
  std::vector<std::string> strings;

  template <typename T>
  void Append(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    data.insert(data.end(), bytes, bytes + sizeof(T));
  }
  template <typename T>
  T At(std::size_t index) const {
    T value;
    std::memcpy(&value, data.data() + index * sizeof(T), sizeof(T));
    return value;
  }
  bool operator==(const Tensor&) const = default;
};

// Rows are slices of dimension 0. Both tensors have the type and the other dimensions in common.
void AppendRows(const Tensor& from, Tensor* to);
Tensor SliceRows(const Tensor& from, std::int64_t first, std::int64_t count);

}  // namespace sagebrush::serving
