// SPDX-License-Identifier: Apache-2.0
// The TensorFlow side of a Model: tensors cross by one memcpy each way, names were resolved to
// graph operations at load. Sessions, graphs and tensors are held by unique_ptr with the library's
// own delete functions.
#include "serving/saved_model.h"

#include <utility>

#include <protozero/pbf_writer.hpp>

#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"
#include "serving/internal/freeze_loops.h"
#include "serving/internal/frozen_graph.h"
#include "serving/internal/meta_graph.h"
#include "serving/internal/tensorflow_handles.h"

namespace sagebrush::serving {
namespace {

TF_DataType ToTensorflowType(DataType type) {
  switch (type) {
    case DataType::kFloat:
      return TF_FLOAT;
    case DataType::kDouble:
      return TF_DOUBLE;
    case DataType::kHalf:
      return TF_HALF;
    case DataType::kBfloat:
      return TF_BFLOAT16;
    case DataType::kInt8:
      return TF_INT8;
    case DataType::kInt16:
      return TF_INT16;
    case DataType::kInt32:
      return TF_INT32;
    case DataType::kInt64:
      return TF_INT64;
    case DataType::kUint8:
      return TF_UINT8;
    case DataType::kUint16:
      return TF_UINT16;
    case DataType::kUint32:
      return TF_UINT32;
    case DataType::kUint64:
      return TF_UINT64;
    case DataType::kBool:
      return TF_BOOL;
    case DataType::kString:
    case DataType::kUnsupported:
      break;
  }
  return TF_STRING;
}

void DeleteTensor(const TensorflowCApi& api, TF_Tensor* tensor) {
  if (tensor == nullptr) return;
  if (api.TensorType(tensor) == TF_STRING) {
    auto* strings = static_cast<TF_TString*>(api.TensorData(tensor));
    const std::size_t count = api.TensorByteSize(tensor) / sizeof(TF_TString);
    for (std::size_t i = 0; i < count; ++i) api.StringDealloc(&strings[i]);
  }
  api.DeleteTensor(tensor);
}

// Tensors of one run. Those we fill are ours with their strings; those a session gives us are the
// library's own buffers, whose strings it frees itself.
class TensorList {
 public:
  TensorList(const TensorflowCApi& api, std::size_t count, bool owns_strings)
      : api_(api), tensors_(count, nullptr), owns_strings_(owns_strings) {}
  ~TensorList() {
    for (TF_Tensor* tensor : tensors_) {
      if (owns_strings_) {
        DeleteTensor(api_, tensor);
      } else if (tensor != nullptr) {
        api_.DeleteTensor(tensor);
      }
    }
  }
  TensorList(const TensorList&) = delete;
  TensorList& operator=(const TensorList&) = delete;

  TF_Tensor*& operator[](std::size_t index) { return tensors_[index]; }
  TF_Tensor** data() { return tensors_.data(); }

 private:
  const TensorflowCApi& api_;
  std::vector<TF_Tensor*> tensors_;
  const bool owns_strings_;
};

Result<TF_Tensor*> ToTensorflow(const TensorflowCApi& api, const Tensor& tensor) {
  const bool is_text = tensor.type == DataType::kString;
  const std::size_t bytes =
      is_text ? tensor.strings.size() * sizeof(TF_TString) : tensor.data.size();
  TF_Tensor* made = api.AllocateTensor(ToTensorflowType(tensor.type), tensor.shape.data(),
                                       static_cast<int>(tensor.shape.size()), bytes);
  if (made == nullptr)
    return ResourceExhausted("no memory for an input tensor of " + std::to_string(bytes) +
                             " bytes");
  if (is_text) {
    auto* strings = static_cast<TF_TString*>(api.TensorData(made));
    for (std::size_t i = 0; i < tensor.strings.size(); ++i) {
      api.StringInit(&strings[i]);
      api.StringCopy(&strings[i], tensor.strings[i].data(), tensor.strings[i].size());
    }
  } else if (bytes > 0) {
    std::memcpy(api.TensorData(made), tensor.data.data(), bytes);
  }
  return made;
}

Result<Tensor> FromTensorflow(const TensorflowCApi& api, const TF_Tensor* tensor) {
  Tensor made;
  const TF_DataType type = api.TensorType(tensor);
  made.type = FromTensorflowType(type);
  if (made.type == DataType::kUnsupported) {
    return Unimplemented("the model's output has TensorFlow type " + std::to_string(type) +
                         ", which JSON cannot carry");
  }
  for (int i = 0; i < api.NumDims(tensor); ++i) made.shape.push_back(api.Dim(tensor, i));
  const std::size_t count = static_cast<std::size_t>(ElementCount(made.shape));
  const void* data = api.TensorData(tensor);
  if (made.type == DataType::kString) {
    const auto* strings = static_cast<const TF_TString*>(data);
    made.strings.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      made.strings.emplace_back(api.StringGetDataPointer(&strings[i]),
                                api.StringGetSize(&strings[i]));
    }
  } else if (count > 0) {
    const auto* bytes = static_cast<const std::byte*>(data);
    made.data.assign(bytes, bytes + count * ElementSize(made.type));
  }
  return made;
}

// tensorflow.ConfigProto: intra_op_parallelism_threads = 2, inter_op_parallelism_threads = 5; there
// -1 runs every operator on the calling thread. That saves a wake-up for each, and a recurrent net
// is a long chain of them: the tutorial's LSTM takes 15 ms of CPU a row, with TensorFlow's own pool
// of one or two threads 18 to 25 (2 cores, both busy). graph_options = 10, its rewrite_options = 10,
// its remapping = 14: RewriterConfig.OFF = 2.
std::string SessionConfig(int threads, bool fuses) {
  std::string config;
  protozero::pbf_writer writer(config);
  if (threads > 0) writer.add_int32(2, threads);
  writer.add_int32(5, -1);
  if (!fuses) {
    std::string rewriter, graph;
    protozero::pbf_writer(rewriter).add_enum(14, 2);
    protozero::pbf_writer(graph).add_message(10, rewriter);
    writer.add_message(10, graph);
  }
  return config;
}

class TensorflowModel final : public Model {
 public:
  TensorflowModel(const TensorflowCApi& api, Owned<TF_Graph> graph, TF_Session* session)
      : api_(api), graph_(std::move(graph)), session_(session) {}
  ~TensorflowModel() override {
    const auto status = NewStatus(api_);
    api_.CloseSession(session_, status.get());  // an error at the end of the program helps nobody
    api_.DeleteSession(session_, status.get());
  }

  Status Resolve(std::vector<GraphSignature> signatures) {
    for (GraphSignature& signature : signatures) {
      Endpoints endpoints;
      for (const std::string& name : signature.input_tensors) {
        ASSIGN_OR_RETURN(const TF_Output output, FindOutput(name));
        endpoints.inputs.push_back(output);
      }
      for (const std::string& name : signature.output_tensors) {
        ASSIGN_OR_RETURN(const TF_Output output, FindOutput(name));
        endpoints.outputs.push_back(output);
      }
      signatures_.push_back(std::move(signature.signature));
      endpoints_.push_back(std::move(endpoints));
    }
    return Status::Ok();
  }

  const std::vector<Signature>& signatures() const override { return signatures_; }

  Result<std::vector<Tensor>> Run(std::size_t signature,
                                  const std::vector<Tensor>& inputs) const override {
    const Endpoints& endpoints = endpoints_.at(signature);
    SAGEBRUSH_CHECK(inputs.size() == endpoints.inputs.size(),
                    "the caller fills every input of the signature");
    TensorList fed(api_, inputs.size(), /*owns_strings=*/true);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      ASSIGN_OR_RETURN(fed[i], ToTensorflow(api_, inputs[i]));
    }
    TensorList fetched(api_, endpoints.outputs.size(), /*owns_strings=*/false);
    const auto status = NewStatus(api_);
    api_.SessionRun(session_, nullptr, endpoints.inputs.data(), fed.data(),
                    static_cast<int>(inputs.size()), endpoints.outputs.data(), fetched.data(),
                    static_cast<int>(endpoints.outputs.size()), nullptr, 0, nullptr, status.get());
    RETURN_IF_ERROR(ToStatus(api_, status.get()));
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < endpoints.outputs.size(); ++i) {
      ASSIGN_OR_RETURN(Tensor output, FromTensorflow(api_, fetched[i]));
      outputs.push_back(std::move(output));
    }
    return outputs;
  }

 private:
  struct Endpoints {
    std::vector<TF_Output> inputs;
    std::vector<TF_Output> outputs;
  };

  // "dense/Sigmoid:0"; without a colon it is output 0.
  Result<TF_Output> FindOutput(const std::string& name) const {
    const std::size_t colon = name.rfind(':');
    const auto index =
        colon == std::string::npos ? 0 : ParseUint(std::string_view(name).substr(colon + 1));
    TF_Operation* operation =
        api_.GraphOperationByName(graph_.get(), name.substr(0, colon).c_str());
    if (operation == nullptr || !index ||
        *index >= static_cast<std::uint64_t>(api_.OperationNumOutputs(operation))) {
      return InvalidArgument("a signature names tensor " + name +
                             ", which the graph does not have");
    }
    return TF_Output{operation, static_cast<int>(*index)};
  }

  const TensorflowCApi& api_;
  const Owned<TF_Graph> graph_;
  TF_Session* const session_;
  std::vector<Signature> signatures_;
  std::vector<Endpoints> endpoints_;  // beside signatures_
};

}  // namespace

Result<std::unique_ptr<Model>> LoadSavedModel(const TensorflowLibrary& library,
                                              const std::filesystem::path& folder,
                                              const SavedModelOptions& options) {
  const TensorflowCApi& api = library.api();
  const auto status = NewStatus(api);
  const Owned<TF_SessionOptions> session_options(api.NewSessionOptions(), api.DeleteSessionOptions);
  // A folder without the file is TensorFlow's to refuse, or has it as text.
  const auto file = ReadFile(folder / "saved_model.pb");
  const std::string config =
      SessionConfig(options.threads, !file.ok() || !LoopsOverSmallProducts(*file));
  api.SetConfig(session_options.get(), config.data(), config.size(), status.get());
  RETURN_IF_ERROR(ToStatus(api, status.get()));

  Owned<TF_Graph> graph(api.NewGraph(), api.DeleteGraph);
  const Owned<TF_Buffer> meta_graph(api.NewBuffer(), api.DeleteBuffer);
  const char* const tags[] = {"serve"};
  TF_Session* session =
      api.LoadSessionFromSavedModel(session_options.get(), nullptr, folder.c_str(), tags, 1,
                                    graph.get(), meta_graph.get(), status.get());
  if (session == nullptr) {
    return InvalidArgument("cannot load the SavedModel in " + folder.string() + ": " +
                           api.Message(status.get()));
  }
  TF_Graph* const nodes = graph.get();
  auto model = std::make_unique<TensorflowModel>(api, std::move(graph),
                                                 session);  // closes the session from here on
  const std::string_view description(static_cast<const char*>(meta_graph->data),
                                     meta_graph->length);
  ASSIGN_OR_RETURN(auto signatures, ReadSignatures(description));
  if (signatures.empty()) {
    return InvalidArgument("the SavedModel in " + folder.string() +
                           " has no signature to serve (TensorFlow 1: "
                           "simple_save or a signature_def_map; TensorFlow 2: signatures=…)");
  }
  if (const Status frozen = FreezeLoops(api, nodes, session, description, &signatures);
      !frozen.ok())
    LogWarning("models", "the loops of " + folder.string() +
                             " run as they are, not with constants: " + frozen.ToString());
  if (Status resolved = model->Resolve(std::move(signatures)); !resolved.ok()) {
    return resolved.WithContext("the SavedModel in " + folder.string());
  }
  return std::unique_ptr<Model>(std::move(model));
}

}  // namespace sagebrush::serving
