// SPDX-License-Identifier: Apache-2.0
// Data plane. simdjson's document rather than its on-demand reader: as fast on lists of numbers
// (measured 1.1 and 1.0 GB/s), checks the whole text first, and a value may be looked at twice,
// which on-demand's fuzzing showed it must not be.
#include "serving/internal/json_tensor.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/hash.h"
#include "serving/internal/half.h"

namespace sagebrush::serving {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMaxRank = 32;
constexpr double kMaxBfloat = 0x1.fep127;
constexpr std::size_t kMaxValueText = 100;
constexpr std::string_view kMark = "\x01";  // before a bare word that was made a string

struct BareWord {
  std::string_view text;
  double value;
};
// Longer ones first where one begins the other.
constexpr BareWord kBareWords[] = {
    {"NaN", std::numeric_limits<double>::quiet_NaN()},
    {"Infinity", std::numeric_limits<double>::infinity()},
    {"Inf", std::numeric_limits<double>::infinity()},
    {"-Infinity", -std::numeric_limits<double>::infinity()},
    {"-Inf", -std::numeric_limits<double>::infinity()},
};

std::optional<double> NotFinite(dom::element value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS || !text.starts_with(kMark))
    return std::nullopt;
  for (const BareWord& word : kBareWords) {
    if (text.substr(kMark.size()) == word.text) return word.value;
  }
  return std::nullopt;
}

std::string_view JsonTypeName(dom::element value) {
  switch (value.type()) {
    case dom::element_type::ARRAY:
      return "Array";
    case dom::element_type::OBJECT:
      return "Object";
    case dom::element_type::STRING:
      return NotFinite(value) ? "Number" : "String";
    case dom::element_type::BOOL:
      return bool(value) ? "True" : "False";
    case dom::element_type::NULL_VALUE:
      return "Null";
    default:
      return "Number";
  }
}

Status WrongType(dom::element value, DataType type) {
  return InvalidArgument("JSON Value: " + ValueText(value) +
                         " Type: " + std::string(JsonTypeName(value)) +
                         " is not of expected type: " + std::string(DataTypeName(type)));
}

Status LosesPrecision(dom::element value, DataType type) {
  return InvalidArgument("Cannot convert JSON value: " + ValueText(value) + " to " +
                         std::string(DataTypeName(type)) + " without loss of precision.");
}

// As TensorFlow Serving has it: whole numbers up to the mantissa's bits, other numbers up to the
// type's range.
template <typename T>
bool IsLossless(double number, bool is_whole) {
  constexpr double kMaxWhole =
      static_cast<double>((std::int64_t{1} << std::numeric_limits<T>::digits) - 1);
  const double size = std::fabs(number);
  return size <= (is_whole ? kMaxWhole : static_cast<double>(std::numeric_limits<T>::max()));
}

}  // namespace

std::string ValueText(dom::element value) {
  if (NotFinite(value)) return std::string(std::string_view(value).substr(kMark.size()));
  std::string text = simdjson::minify(value);
  if (text.size() <= kMaxValueText) return text;
  text.resize(kMaxValueText);
  return text + "...";
}

bool IsBase64Object(dom::element value) {
  dom::object object;
  dom::element encoded;
  return value.get_object().get(object) == simdjson::SUCCESS && object.size() == 1 &&
         object.at_key("b64").get(encoded) == simdjson::SUCCESS && encoded.is_string();
}

std::string MarkBareWords(std::string_view json) {
  std::string marked;
  marked.reserve(json.size() + json.size() / 4 + simdjson::SIMDJSON_PADDING);
  bool in_string = false;
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    if (in_string && c == '\\' && i + 1 < json.size()) {
      marked.append(json, i, 2);
      i += 2;
      continue;
    }
    if (c == '"') in_string = !in_string;
    const bool may_begin = !in_string && (c == 'N' || c == 'I' || c == '-');
    const auto word =
        may_begin
            ? std::ranges::find_if(
                  kBareWords, [&](const BareWord& w) { return json.substr(i).starts_with(w.text); })
            : std::end(kBareWords);
    if (word == std::end(kBareWords)) {
      marked += c;
      ++i;
      continue;
    }
    marked.append("\"\\u0001").append(word->text).append("\"");
    i += word->text.size();
  }
  return marked;
}

Status TensorReader::AddItem(dom::element item) {
  const std::size_t before = tensor_.data.size() + tensor_.strings.size();
  shape_.clear();
  is_rank_known_ = false;
  RETURN_IF_ERROR(ReadValue(item, 0));
  if (items_ == 0) {
    item_shape_ = shape_;
  } else if (shape_ != item_shape_) {
    const std::int64_t expected = ElementCount(item_shape_);
    const std::int64_t got = ElementCount(shape_);
    if (expected != got) {
      return InvalidArgument("Expecting tensor size: " + std::to_string(expected) +
                             " but got: " + std::to_string(got));
    }
    return InvalidArgument("Expecting shape " + ShapeText(item_shape_) +
                           " but got: " + ShapeText(shape_));
  } else if (items_ == 1) {
    // The second row: lists of rows are long or short, so room for as much again as there is, not
    // for the whole body.
    const std::size_t size = tensor_.data.size() + tensor_.strings.size() - before;
    if (tensor_.type != DataType::kString) tensor_.data.reserve(tensor_.data.size() + 8 * size);
  }
  ++items_;
  return Status::Ok();
}

Tensor TensorReader::TakeAsRows() {
  tensor_.shape = item_shape_;
  tensor_.shape.insert(tensor_.shape.begin(), items_);
  return std::move(tensor_);
}

Tensor TensorReader::TakeSingle() {
  tensor_.shape = item_shape_;
  return std::move(tensor_);
}

Status TensorReader::ReadValue(dom::element value, std::size_t level) {
  dom::array array;
  if (value.get_array().get(array) == simdjson::SUCCESS) return ReadArray(array, level);
  // The first value fixes the depth at which all values stand.
  is_rank_known_ = true;
  if (level != shape_.size()) {
    return InvalidArgument("JSON Value: " + ValueText(value) +
                           " found at incorrect level: " + std::to_string(level + 1) +
                           " in the JSON DOM. Expected at level: " + std::to_string(shape_.size()));
  }
  return ReadScalar(value);
}

Status TensorReader::ReadArray(dom::array array, std::size_t level) {
  if (level >= shape_.size()) {
    if (is_rank_known_) {
      return InvalidArgument("Encountered list at unexpected level: " + std::to_string(level) +
                             " expected < " + std::to_string(shape_.size()));
    }
    if (level == kMaxRank)
      return InvalidArgument("JSON lists are nested deeper than " + std::to_string(kMaxRank));
    shape_.push_back(-1);
  }
  std::int64_t count = 0;
  for (const dom::element element : array) {
    RETURN_IF_ERROR(ReadValue(element, level + 1));
    ++count;
  }
  if (count == 0) is_rank_known_ = true;
  if (shape_[level] < 0) {
    shape_[level] = count;
  } else if (shape_[level] != count) {
    return InvalidArgument("Encountered list at unexpected size: " + std::to_string(count) +
                           " at level: " + std::to_string(level) +
                           " expected size: " + std::to_string(shape_[level]));
  }
  return Status::Ok();
}

Status TensorReader::ReadScalar(dom::element value) {
  switch (tensor_.type) {
    case DataType::kFloat:
      return ReadFloating<float>(value);
    case DataType::kDouble:
      return ReadFloating<double>(value);
    case DataType::kHalf:
    case DataType::kBfloat:
      return ReadShortFloating(value);
    case DataType::kInt8:
      return ReadInteger<std::int8_t>(value);
    case DataType::kInt16:
      return ReadInteger<std::int16_t>(value);
    case DataType::kInt32:
      return ReadInteger<std::int32_t>(value);
    case DataType::kInt64:
      return ReadInteger<std::int64_t>(value);
    case DataType::kUint8:
      return ReadInteger<std::uint8_t>(value);
    case DataType::kUint16:
      return ReadInteger<std::uint16_t>(value);
    case DataType::kUint32:
      return ReadInteger<std::uint32_t>(value);
    case DataType::kUint64:
      return ReadInteger<std::uint64_t>(value);
    case DataType::kBool: {
      bool flag = false;
      if (value.get_bool().get(flag) != simdjson::SUCCESS) return WrongType(value, tensor_.type);
      tensor_.Append<bool>(flag);
      return Status::Ok();
    }
    case DataType::kString:
      return ReadText(value);
    case DataType::kUnsupported:
      break;
  }
  return Unimplemented("this model's input type cannot be given as JSON");
}

Status TensorReader::ReadText(dom::element value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS && !NotFinite(value)) {
    tensor_.strings.emplace_back(text);
    return Status::Ok();
  }
  if (!value.is_object()) return WrongType(value, tensor_.type);
  if (!IsBase64Object(value) || value["b64"].get_string().get(text) != simdjson::SUCCESS) {
    return InvalidArgument("JSON Value: " + ValueText(value) +
                           " not formatted correctly for base64 data");
  }
  auto bytes = Base64Decode(text);
  if (!bytes.ok()) return InvalidArgument("Unable to base64 decode");
  tensor_.strings.push_back(std::move(bytes).value());
  return Status::Ok();
}

template <typename T>
Status TensorReader::ReadFloating(dom::element value) {
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) {  // takes whole numbers too
    const auto not_finite = NotFinite(value);
    if (!not_finite) return WrongType(value, tensor_.type);
    number = *not_finite;
  } else if (!IsLossless<T>(number, value.type() != dom::element_type::DOUBLE)) {
    return LosesPrecision(value, tensor_.type);
  }
  tensor_.Append(static_cast<T>(number));
  return Status::Ok();
}

// Half and bfloat16: any number within the range, rounded. They are short of digits by nature, so that whole numbers must not
// be exact here.
Status TensorReader::ReadShortFloating(dom::element value) {
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) {
    const auto not_finite = NotFinite(value);
    if (!not_finite) return WrongType(value, tensor_.type);
    number = *not_finite;
  } else if (std::fabs(number) > (tensor_.type == DataType::kHalf ? kMaxHalf : kMaxBfloat)) {
    return LosesPrecision(value, tensor_.type);
  }
  const auto single = static_cast<float>(number);
  tensor_.Append(tensor_.type == DataType::kHalf ? HalfBits(single) : BfloatBits(single));
  return Status::Ok();
}

template <typename T>
Status TensorReader::ReadInteger(dom::element value) {
  using Wide = std::conditional_t<std::is_same_v<T, std::uint64_t>, std::uint64_t, std::int64_t>;
  Wide number = 0;
  if (value.get<Wide>().get(number) != simdjson::SUCCESS || !std::in_range<T>(number))
    return WrongType(value, tensor_.type);
  tensor_.Append(static_cast<T>(number));
  return Status::Ok();
}

}  // namespace sagebrush::serving
