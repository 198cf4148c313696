// SPDX-License-Identifier: Apache-2.0
#include "serving/internal/freeze_loops.h"

#include "serving/internal/frozen_graph.h"
#include "serving/internal/tensorflow_handles.h"

namespace sagebrush::serving {
namespace {

constexpr char kPrefix[] = "sagebrush_frozen";
// A constant stands in several copies of the graph. Recurrent nets' weights are far smaller; embeddings need not be.
constexpr std::size_t kLargest = std::size_t{16} << 20;
constexpr std::size_t kLargestTogether = std::size_t{64} << 20;

TF_Output OutputOf(const TensorflowCApi& api, TF_Graph* graph, const std::string& node, int index) {
  return {api.GraphOperationByName(graph, node.c_str()), index};
}

// A resource variable is read by an operation of its own, added here: the graph's are inside the loop.
Result<TF_Output> ReaderOf(const TensorflowCApi& api, TF_Graph* graph,
                           const LoopVariable& variable) {
  const TF_Output handle = OutputOf(api, graph, variable.node, 0);
  if (handle.oper == nullptr) return InvalidArgument("the graph has no " + variable.node);
  if (variable.is_ref) return handle;
  const std::string name = std::string(kPrefix) + "_read/" + variable.node;
  const auto status = NewStatus(api);
  TF_OperationDescription* reader = api.NewOperation(graph, "ReadVariableOp", name.c_str());
  api.AddInput(reader, handle);
  api.SetAttrType(reader, "dtype", static_cast<TF_DataType>(variable.type));
  TF_Operation* operation = api.FinishOperation(reader, status.get());
  RETURN_IF_ERROR(ToStatus(api, status.get()));
  return TF_Output{operation, 0};
}

// Those of a size and type that a constant may have.
Result<std::vector<LoopVariableValue>> ReadValues(const TensorflowCApi& api, TF_Graph* graph,
                                                  TF_Session* session,
                                                  const std::vector<LoopVariable>& variables) {
  std::vector<LoopVariableValue> values;
  std::size_t together = 0;
  for (const LoopVariable& variable : variables) {
    const DataType type = FromTensorflowType(variable.type);
    if (type == DataType::kString || type == DataType::kUnsupported) continue;
    ASSIGN_OR_RETURN(const TF_Output reader, ReaderOf(api, graph, variable));
    const auto status = NewStatus(api);
    TF_Tensor* read = nullptr;
    api.SessionRun(session, nullptr, nullptr, nullptr, 0, &reader, &read, 1, nullptr, 0, nullptr,
                   status.get());
    RETURN_IF_ERROR(ToStatus(api, status.get()));
    const Owned<TF_Tensor> tensor(read, api.DeleteTensor);
    const std::size_t size = api.TensorByteSize(tensor.get());
    if (size == 0 || size > kLargest || together + size > kLargestTogether) continue;
    together += size;
    LoopVariableValue value{.variable = variable, .shape = {}, .bytes = {}};
    for (int i = 0; i < api.NumDims(tensor.get()); ++i)
      value.shape.push_back(api.Dim(tensor.get(), i));
    value.bytes.assign(static_cast<const char*>(api.TensorData(tensor.get())), size);
    values.push_back(std::move(value));
  }
  return values;
}

Status Import(const TensorflowCApi& api, TF_Graph* graph, const FrozenGraph& frozen) {
  const Owned<TF_ImportGraphDefOptions> options(api.NewImportGraphDefOptions(),
                                                api.DeleteImportGraphDefOptions);
  api.ImportGraphDefOptionsSetPrefix(options.get(), kPrefix);
  for (const auto& [node, index] : frozen.shared_outputs)
    api.ImportGraphDefOptionsAddInputMapping(options.get(), node.c_str(), index,
                                             OutputOf(api, graph, node, index));
  for (const auto& node : frozen.shared_operations)
    api.ImportGraphDefOptionsRemapControlDependency(options.get(), node.c_str(),
                                                    api.GraphOperationByName(graph, node.c_str()));
  const Owned<TF_Buffer> buffer(
      api.NewBufferFromString(frozen.graph_def.data(), frozen.graph_def.size()), api.DeleteBuffer);
  const auto status = NewStatus(api);
  api.GraphImportGraphDef(graph, buffer.get(), options.get(), status.get());
  return ToStatus(api, status.get());
}

}  // namespace

Status FreezeLoops(const TensorflowCApi& api, TF_Graph* graph, TF_Session* session,
                   std::string_view meta_graph_def, std::vector<GraphSignature>* signatures) {
  std::vector<std::string> inputs, outputs;
  for (const auto& signature : *signatures) {
    inputs.insert(inputs.end(), signature.input_tensors.begin(), signature.input_tensors.end());
    outputs.insert(outputs.end(), signature.output_tensors.begin(), signature.output_tensors.end());
  }
  ASSIGN_OR_RETURN(const auto variables, FindLoopVariables(meta_graph_def, inputs, outputs));
  ASSIGN_OR_RETURN(const auto values, ReadValues(api, graph, session, variables));
  if (values.empty()) return Status::Ok();
  ASSIGN_OR_RETURN(const FrozenGraph frozen, Freeze(meta_graph_def, outputs, values));
  RETURN_IF_ERROR(Import(api, graph, frozen));
  for (auto& signature : *signatures)
    for (auto& tensor : signature.output_tensors)
      if (frozen.nodes.contains(std::string(NodeOfTensor(tensor))))
        tensor = std::string(kPrefix) + "/" + tensor;
  return Status::Ok();
}

}  // namespace sagebrush::serving
