// SPDX-License-Identifier: Apache-2.0
// tf.Example by protozero (tensorflow/core/example/example.proto, feature.proto). Not the busy path
// of any tutorial, so it reads the control plane's Json documents; bodies are bounded by the
// server.
#include "serving/examples_request.h"

#include <cmath>
#include <limits>

#include <protozero/pbf_writer.hpp>

#include "base/hash.h"
#include "base/json.h"
#include "serving/predict_response.h"

namespace sagebrush::serving {
namespace {

constexpr double kMaxFloat = static_cast<double>(std::numeric_limits<float>::max());

enum class Kind { kNone, kBytes, kFloat, kInt };

struct Feature {
  Kind kind = Kind::kNone;
  std::vector<std::string> bytes;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
};

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kBytes:
      return "bytes";
    case Kind::kFloat:
      return "float";
    case Kind::kInt:
      return "int64";
    case Kind::kNone:
      break;
  }
  return "UNKNOWN";
}

Status AddValue(const Json& value, const std::string& name, Feature* feature) {
  const Json* encoded = value.size() == 1 ? value.Find("b64") : nullptr;
  Kind kind = Kind::kNone;
  if (value.is_bool() || value.is_int()) kind = Kind::kInt;
  if (value.type() == Json::Type::kDouble) kind = Kind::kFloat;
  if (value.is_string() || (encoded != nullptr && encoded->is_string())) kind = Kind::kBytes;
  if (kind == Kind::kNone)
    return InvalidArgument("Feature: " + name + " has element with unexpected JSON type");
  if (feature->kind != Kind::kNone && feature->kind != kind) {
    return InvalidArgument("Unexpected element type in feature: " + name +
                           " expecting type: " + std::string(KindName(feature->kind)));
  }
  feature->kind = kind;
  if (kind == Kind::kInt) {
    feature->ints.push_back(value.is_bool() ? (value.AsBool() ? 1 : 0) : value.AsInt());
  } else if (kind == Kind::kFloat) {
    if (std::fabs(value.AsDouble()) > kMaxFloat) {
      return InvalidArgument("Cannot convert JSON value: " + value.Dump() +
                             " to float without loss of precision.");
    }
    feature->floats.push_back(static_cast<float>(value.AsDouble()));
  } else if (encoded != nullptr) {
    auto bytes = Base64Decode(encoded->AsString());
    if (!bytes.ok()) return InvalidArgument("Unable to base64 decode");
    feature->bytes.push_back(std::move(bytes).value());
  } else {
    feature->bytes.push_back(value.AsString());
  }
  return Status::Ok();
}

// Feature: bytes_list = 1, float_list = 2, int64_list = 3; each list: value = 1.
void WriteFeature(const Feature& feature, protozero::pbf_writer* out) {
  if (feature.kind == Kind::kBytes) {
    protozero::pbf_writer list(*out, 1);
    for (const std::string& bytes : feature.bytes) list.add_bytes(1, bytes);
  } else if (feature.kind == Kind::kFloat) {
    protozero::pbf_writer list(*out, 2);
    list.add_packed_float(1, feature.floats.begin(), feature.floats.end());
  } else if (feature.kind == Kind::kInt) {
    protozero::pbf_writer list(*out, 3);
    list.add_packed_int64(1, feature.ints.begin(), feature.ints.end());
  }
}

// Adds the object's members to Example.features.feature, a map: key = 1, value = 2.
Status AddFeatures(const Json& object, protozero::pbf_writer* features) {
  if (!object.is_object())
    return InvalidArgument("Example must be JSON object but got JSON " +
                           object.Dump().substr(0, 100));
  for (const auto& [name, content] : object.AsObject()) {
    Feature feature;
    if (content.is_array()) {
      for (const Json& value : content.AsArray()) RETURN_IF_ERROR(AddValue(value, name, &feature));
    } else {
      RETURN_IF_ERROR(AddValue(content, name, &feature));
    }
    protozero::pbf_writer entry(*features, 1);
    entry.add_string(1, name);
    protozero::pbf_writer value(entry, 2);
    WriteFeature(feature, &value);
  }
  return Status::Ok();
}

Result<std::string> SerializeExample(const Json& example, const Json* context) {
  std::string serialized;
  {
    protozero::pbf_writer writer(serialized);
    protozero::pbf_writer features(writer, 1);
    if (context != nullptr) RETURN_IF_ERROR(AddFeatures(*context, &features));
    RETURN_IF_ERROR(AddFeatures(example, &features));
  }
  return serialized;
}

const Tensor* FindOutput(const Signature& signature, const std::vector<Tensor>& outputs,
                         std::string_view name) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (signature.outputs[i].name == name) return &outputs[i];
  }
  return nullptr;
}

// [[["label", 0.5], …], …]; scores and classes are both [rows, classes], and one of them may be
// missing.
Result<std::string> RenderClassification(const Signature& signature,
                                         const std::vector<Tensor>& outputs) {
  const Tensor* classes = FindOutput(signature, outputs, "classes");
  const Tensor* scores = FindOutput(signature, outputs, "scores");
  const Tensor* shaped = classes != nullptr ? classes : scores;
  if (shaped == nullptr || shaped->shape.size() != 2 ||
      (classes != nullptr && classes->type != DataType::kString) ||
      (scores != nullptr && (scores->type != DataType::kFloat || scores->shape != shaped->shape))) {
    return InvalidArgument(
        "the signature's outputs \"classes\" and \"scores\" are not [rows, classes] of string and "
        "float");
  }
  const std::int64_t rows = shaped->shape[0];
  const std::int64_t columns = shaped->shape[1];
  std::string json = "{\"results\": [";
  for (std::int64_t row = 0; row < rows; ++row) {
    json += row > 0 ? ", [" : "[";
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::size_t at = static_cast<std::size_t>(row * columns + column);
      json += column > 0 ? ", [" : "[";
      AppendJsonString(classes != nullptr ? classes->strings[at] : "", &json);
      json += ", ";
      AppendFloat(scores != nullptr ? scores->At<float>(at) : 0.0F, &json);
      json += ']';
    }
    json += ']';
  }
  return json + "]}";
}

Result<std::string> RenderRegression(const Signature& signature,
                                     const std::vector<Tensor>& outputs) {
  const Tensor* values = FindOutput(signature, outputs, "outputs");
  if (values == nullptr || values->type != DataType::kFloat || values->shape.empty() ||
      ElementCount(values->shape) != values->shape[0]) {
    return InvalidArgument("the signature's output \"outputs\" is not one float a row");
  }
  std::string json = "{\"results\": [";
  for (std::int64_t row = 0; row < values->shape[0]; ++row) {
    if (row > 0) json += ", ";
    AppendFloat(values->At<float>(static_cast<std::size_t>(row)), &json);
  }
  return json + "]}";
}

}  // namespace

Result<ExamplesRequest> ParseExamplesRequest(const Model& model, std::string_view method,
                                             std::string json) {
  auto document = Json::Parse(json);
  if (!document.ok()) return InvalidArgument("JSON Parse error: " + document.status().message());
  if (!document->is_object()) return InvalidArgument("JSON Value is not object");
  const Json* name = document->Find("signature_name");
  if (name != nullptr && !name->is_string())
    return InvalidArgument("'signature_name' key must be a string value.");

  ExamplesRequest request;
  ASSIGN_OR_RETURN(request.signature,
                   FindSignature(model, name != nullptr ? name->AsString() : ""));
  const Signature& signature = model.signatures()[request.signature];
  const Method wanted = method == "classify" ? Method::kClassify : Method::kRegress;
  if (signature.method != wanted || signature.inputs.size() != 1 ||
      signature.inputs[0].type != DataType::kString) {
    return InvalidArgument("Expected " + std::string(method) +
                           " signature method_name to be tensorflow/serving/" +
                           std::string(method) + ", which signature " + signature.name + " is not");
  }
  const Json* examples = document->Find("examples");
  if (examples == nullptr || !examples->is_array() || examples->size() == 0) {
    return InvalidArgument("When method is " + std::string(method) +
                           ", key 'examples' is expected with a list that is not empty");
  }
  request.examples = Tensor{.type = DataType::kString,
                            .shape = {static_cast<std::int64_t>(examples->size())},
                            .data = {},
                            .strings = {}};
  for (const Json& example : examples->AsArray()) {
    ASSIGN_OR_RETURN(std::string serialized, SerializeExample(example, document->Find("context")));
    request.examples.strings.push_back(std::move(serialized));
  }
  return request;
}

Result<std::string> RenderExamplesResponse(const Signature& signature,
                                           const std::vector<Tensor>& outputs) {
  return signature.method == Method::kClassify ? RenderClassification(signature, outputs)
                                               : RenderRegression(signature, outputs);
}

}  // namespace sagebrush::serving
