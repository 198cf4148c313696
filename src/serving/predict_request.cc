// SPDX-License-Identifier: Apache-2.0
// Data plane. simdjson checks the whole text and indexes it; then the values go straight into
// tensors. Messages are those of tensorflow_serving/util/json_tensor.cc.
#include "serving/predict_request.h"

#include <algorithm>
#include <simdjson.h>
#include <string_view>
#include <utility>

#include "base/strings.h"
#include "serving/internal/json_tensor.h"

namespace sagebrush::serving {
namespace {

namespace dom = simdjson::dom;

// The text must have simdjson's padding behind it. Its values live as long as the parser.
Result<dom::element> ParseText(dom::parser* parser, std::string* json) {
  const auto parse = [&] {
    json->reserve(json->size() + simdjson::SIMDJSON_PADDING);
    return parser->parse(json->data(), json->size(), /*realloc_if_needed=*/false);
  };
  dom::element document;
  simdjson::error_code error = parse().get(document);
  if (error != simdjson::SUCCESS && json->find_first_of("NI") != std::string::npos) {
    *json = MarkBareWords(*json);
    error = parse().get(document);
  }
  if (error == simdjson::SUCCESS) return document;
  return InvalidArgument(std::string("JSON Parse error: ") + simdjson::error_message(error));
}

Status InElement(const Status& status, std::int64_t element, std::string_view key) {
  return InvalidArgument("Failed to process element: " + std::to_string(element) +
                         (key.empty() ? "" : " key: " + std::string(key)) +
                         " of 'instances' list. Error: INVALID_ARGUMENT: " + status.message());
}

std::vector<TensorReader> MakeReaders(const Signature& signature) {
  std::vector<TensorReader> readers;
  for (const TensorSpec& input : signature.inputs) readers.emplace_back(input.type);
  return readers;
}

std::string InputNames(const Signature& signature) {
  std::vector<std::string> names;
  for (const TensorSpec& input : signature.inputs) names.push_back(input.name);
  return Join(names, ",");
}

// The reader of the input with that name, or null.
TensorReader* FindReader(const Signature& signature, std::string_view name,
                         std::vector<TensorReader>* readers) {
  const auto found = std::ranges::find(signature.inputs, name, &TensorSpec::name);
  return found == signature.inputs.end()
             ? nullptr
             : &(*readers)[static_cast<std::size_t>(found - signature.inputs.begin())];
}

// One row as an object: every input by its name, and no other.
Status ReadNamedRow(const Signature& signature, dom::element element, std::int64_t row,
                    std::vector<TensorReader>* readers) {
  const dom::object object = element;  // the caller has looked
  for (const auto& [name, value] : object) {
    TensorReader* reader = FindReader(signature, name, readers);
    if (reader == nullptr) {
      return InElement(
          InvalidArgument("JSON object: does not have named input: " + std::string(name)), row,
          name);
    }
    if (Status status = reader->AddItem(value); !status.ok()) return InElement(status, row, name);
  }
  for (const TensorReader& reader : *readers) {
    if (reader.items() != row + 1) {
      return InvalidArgument("Failed to process element: " + std::to_string(row) +
                             " of 'instances' list. JSON object: " + ValueText(element) +
                             " keys must be equal to: " + InputNames(signature));
    }
  }
  return Status::Ok();
}

Result<std::vector<Tensor>> ReadRows(const Signature& signature, dom::element instances) {
  dom::array rows;
  if (instances.get_array().get(rows) != simdjson::SUCCESS) {
    return InvalidArgument("JSON Value: " + ValueText(instances) +
                           " Excepting 'instances' to be an list/array");
  }
  if (rows.size() == 0) return InvalidArgument("JSON Value: [] No values in 'instances' array");
  const auto is_named = [](dom::element row) { return row.is_object() && !IsBase64Object(row); };
  const bool are_named = is_named(*rows.begin());
  std::vector<TensorReader> readers = MakeReaders(signature);
  if (!are_named && readers.size() > 1) {
    return InvalidArgument(
        "instances is a plain list, but expecting list of objects as multiple input tensors "
        "required as "
        "per tensorinfo_map");
  }
  std::int64_t row = 0;
  for (const dom::element element : rows) {
    if (is_named(element) != are_named) {
      return InvalidArgument((are_named ? "Expecting object but got list at item "
                                        : "Expecting value/list but got object at item ") +
                             std::to_string(row) + " of input list");
    }
    if (are_named) {
      RETURN_IF_ERROR(ReadNamedRow(signature, element, row, &readers));
    } else if (Status status = readers.front().AddItem(element); !status.ok()) {
      return InElement(status, row, "");
    }
    ++row;
  }
  std::vector<Tensor> tensors;
  for (TensorReader& reader : readers) tensors.push_back(reader.TakeAsRows());
  return tensors;
}

Result<std::vector<Tensor>> ReadColumns(const Signature& signature, dom::element inputs) {
  std::vector<TensorReader> readers = MakeReaders(signature);
  if (!inputs.is_object() || IsBase64Object(inputs)) {
    if (readers.size() > 1) {
      return InvalidArgument(
          "inputs is a plain value/list, but expecting an object as multiple input tensors "
          "required as "
          "per tensorinfo_map");
    }
    RETURN_IF_ERROR(readers.front().AddItem(inputs));
  } else {
    for (std::size_t i = 0; i < readers.size(); ++i) {  // other members are nobody's business
      dom::element value;
      if (inputs.at_key(signature.inputs[i].name).get(value) != simdjson::SUCCESS) {
        return InvalidArgument("Missing named input: " + signature.inputs[i].name +
                               " in 'inputs' object.");
      }
      RETURN_IF_ERROR(readers[i].AddItem(value));
    }
  }
  std::vector<Tensor> tensors;
  for (TensorReader& reader : readers) tensors.push_back(reader.TakeSingle());
  return tensors;
}

bool Fits(const Shape& shape, const Shape& expected) {
  return std::ranges::equal(
      shape, expected, [](std::int64_t got, std::int64_t want) { return want < 0 || got == want; });
}

// TensorFlow Serving leaves this to the graph, whose complaint names an operator deep inside; and
// rows of different shapes must never meet in one batch.
Status CheckShapes(const Signature& signature, const std::vector<Tensor>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorSpec& spec = signature.inputs[i];
    if (spec.shape && !Fits(inputs[i].shape, *spec.shape)) {
      return InvalidArgument("Tensor name: " + spec.name + " has shape " +
                             ShapeText(inputs[i].shape) + ", but the signature expects " +
                             ShapeText(*spec.shape) + " (-1: any size)");
    }
  }
  return Status::Ok();
}

}  // namespace

Result<PredictRequest> ParsePredictRequest(const Model& model, std::string json) {
  if (json.empty()) return InvalidArgument("JSON Parse error: The document is empty");
  dom::parser parser;
  ASSIGN_OR_RETURN(const dom::element document, ParseText(&parser, &json));
  if (!document.is_object())
    return InvalidArgument("JSON Value: " + ValueText(document) + " Is not object");

  std::string_view signature_name;
  dom::element named;
  if (document.at_key("signature_name").get(named) == simdjson::SUCCESS &&
      named.get_string().get(signature_name) != simdjson::SUCCESS) {
    return InvalidArgument(
        "JSON Value: " + ValueText(document) +
        " not formatted correctly. 'signature_name' key must be a string value.");
  }
  PredictRequest request;
  ASSIGN_OR_RETURN(request.signature, FindSignature(model, signature_name));
  const Signature& signature = model.signatures()[request.signature];
  if (signature.inputs.empty())
    return InvalidArgument("Failed to get input map for signature: " + signature.name);

  dom::element instances;
  dom::element inputs;
  const bool has_instances = document.at_key("instances").get(instances) == simdjson::SUCCESS;
  const bool has_inputs = document.at_key("inputs").get(inputs) == simdjson::SUCCESS;
  if (has_instances && has_inputs) {
    return InvalidArgument(
        "JSON Value: " + ValueText(document) +
        " Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ");
  }
  if (!has_instances && !has_inputs) return InvalidArgument("Missing 'inputs' or 'instances' key");
  request.format = has_instances ? RequestFormat::kRow : RequestFormat::kColumnar;
  ASSIGN_OR_RETURN(request.inputs,
                   has_instances ? ReadRows(signature, instances) : ReadColumns(signature, inputs));
  RETURN_IF_ERROR(CheckShapes(signature, request.inputs));
  return request;
}

}  // namespace sagebrush::serving
