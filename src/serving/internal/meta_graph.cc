// SPDX-License-Identifier: Apache-2.0
// protozero over MetaGraphDef: field numbers are those of meta_graph.proto, tensor_shape.proto and
// types.proto. The bytes were written by TensorFlow's own serialiser in this process, so wire types
// are taken at their word.
#include "serving/internal/meta_graph.h"

#include <algorithm>
#include <utility>

#include <protozero/pbf_reader.hpp>

#include "serving/internal/tensorflow_c_api.h"

namespace sagebrush::serving {
namespace {

struct NamedTensor {
  TensorSpec spec;
  std::string graph_name;  // "": sparse or composite
};

Shape ReadShape(protozero::pbf_reader reader, bool* unknown_rank) {
  Shape shape;
  while (reader.next()) {
    if (reader.tag() == 2) {  // dim
      protozero::pbf_reader dimension = reader.get_message();
      std::int64_t size = 0;
      while (dimension.next()) {
        if (dimension.tag() == 1) {
          size = dimension.get_int64();
        } else {
          dimension.skip();
        }
      }
      shape.push_back(size);
    } else if (reader.tag() == 3) {  // unknown_rank
      *unknown_rank = reader.get_bool();
    } else {
      reader.skip();
    }
  }
  return shape;
}

// map<string, TensorInfo> entry: key = 1, value = 2. TensorInfo: name = 1, dtype = 2, tensor_shape
// = 3.
NamedTensor ReadTensorEntry(protozero::pbf_reader entry) {
  NamedTensor tensor;
  bool unknown_rank = true;
  while (entry.next()) {
    if (entry.tag() == 1) {
      tensor.spec.name = entry.get_string();
    } else if (entry.tag() == 2) {
      protozero::pbf_reader info = entry.get_message();
      while (info.next()) {
        switch (info.tag()) {
          case 1:
            tensor.graph_name = info.get_string();
            break;
          case 2:
            tensor.spec.type = FromTensorflowType(info.get_enum());
            break;
          case 3: {
            unknown_rank = false;
            Shape shape = ReadShape(info.get_message(), &unknown_rank);
            tensor.spec.shape = std::move(shape);
            break;
          }
          default:
            info.skip();
        }
      }
    } else {
      entry.skip();
    }
  }
  if (unknown_rank) tensor.spec.shape.reset();
  return tensor;
}

Method MethodOf(std::string_view name) {
  if (name == "tensorflow/serving/classify") return Method::kClassify;
  if (name == "tensorflow/serving/regress") return Method::kRegress;
  return Method::kPredict;
}

void Sort(std::vector<NamedTensor>* tensors) {
  std::ranges::sort(*tensors, {}, [](const NamedTensor& tensor) { return tensor.spec.name; });
}

// SignatureDef: inputs = 1, outputs = 2, method_name = 3. False if clients cannot use it.
bool ReadSignature(protozero::pbf_reader reader, GraphSignature* result) {
  std::vector<NamedTensor> inputs;
  std::vector<NamedTensor> outputs;
  std::string method;
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        inputs.push_back(ReadTensorEntry(reader.get_message()));
        break;
      case 2:
        outputs.push_back(ReadTensorEntry(reader.get_message()));
        break;
      case 3:
        method = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  const auto is_dense = [](const NamedTensor& tensor) { return !tensor.graph_name.empty(); };
  if (method.empty() || outputs.empty() || !std::ranges::all_of(inputs, is_dense) ||
      !std::ranges::all_of(outputs, is_dense)) {
    return false;
  }
  Sort(&inputs);
  Sort(&outputs);
  result->signature.method = MethodOf(method);
  for (NamedTensor& tensor : inputs) {
    result->signature.inputs.push_back(std::move(tensor.spec));
    result->input_tensors.push_back(std::move(tensor.graph_name));
  }
  for (NamedTensor& tensor : outputs) {
    result->signature.outputs.push_back(std::move(tensor.spec));
    result->output_tensors.push_back(std::move(tensor.graph_name));
  }
  return true;
}

}  // namespace

DataType FromTensorflowType(int type) {
  switch (type) {
    case TF_FLOAT:
      return DataType::kFloat;
    case TF_DOUBLE:
      return DataType::kDouble;
    case TF_HALF:
      return DataType::kHalf;
    case TF_BFLOAT16:
      return DataType::kBfloat;
    case TF_INT8:
      return DataType::kInt8;
    case TF_INT16:
      return DataType::kInt16;
    case TF_INT32:
      return DataType::kInt32;
    case TF_INT64:
      return DataType::kInt64;
    case TF_UINT8:
      return DataType::kUint8;
    case TF_UINT16:
      return DataType::kUint16;
    case TF_UINT32:
      return DataType::kUint32;
    case TF_UINT64:
      return DataType::kUint64;
    case TF_BOOL:
      return DataType::kBool;
    case TF_STRING:
      return DataType::kString;
    default:
      return DataType::kUnsupported;
  }
}

Result<std::vector<GraphSignature>> ReadSignatures(std::string_view meta_graph_def) try {
  std::vector<GraphSignature> signatures;
  protozero::pbf_reader graph(meta_graph_def.data(), meta_graph_def.size());
  while (graph.next(5)) {  // signature_def, a map: key = 1, value = 2
    protozero::pbf_reader entry = graph.get_message();
    GraphSignature read;
    bool is_usable = false;
    while (entry.next()) {
      switch (entry.tag()) {
        case 1:
          read.signature.name = entry.get_string();
          break;
        case 2:
          is_usable = ReadSignature(entry.get_message(), &read);
          break;
        default:
          entry.skip();
      }
    }
    if (is_usable) signatures.push_back(std::move(read));
  }
  std::ranges::sort(signatures, {}, [](const GraphSignature& read) { return read.signature.name; });
  return signatures;
} catch (const protozero::exception& error) {
  return InvalidArgument(std::string("broken MetaGraphDef: ") + error.what());
}

}  // namespace sagebrush::serving
