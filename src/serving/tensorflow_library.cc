// SPDX-License-Identifier: Apache-2.0
// Loads the two libraries and fills the function table. Blocking (half a gigabyte is mapped, 0.1 s
// warm).
#include "serving/tensorflow_library.h"

#include <dlfcn.h>
#include <system_error>

#include "serving/internal/tensorflow_c_api.h"

namespace sagebrush::serving {
namespace {

constexpr char kMainLibrary[] = "libtensorflow_cc.so.2";

Result<void*> OpenLibrary(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return NotFound("no TensorFlow library at " + path.string() +
                    " (is the runtime tensorflow-lib made?)");
  }
  void* handle = dlopen(path.c_str(), RTLD_LOCAL | RTLD_NOW);
  if (handle == nullptr)
    return FailedPrecondition("cannot load " + path.string() + ": " + dlerror());
  return handle;
}

// The folder itself, or the wheel's own folder if it is a Python environment that has one.
std::filesystem::path FolderOfLibraries(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder / kMainLibrary, error)) return folder;
  for (std::filesystem::directory_iterator entry(folder / "lib", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::filesystem::path wheel = entry->path() / "site-packages" / "tensorflow";
    std::error_code not_there;
    if (std::filesystem::exists(wheel / kMainLibrary, not_there)) return wheel;
  }
  return folder;
}

template <typename Function>
void LookUp(void* library, const char* name, Function* function, std::string* missing) {
  void* symbol = dlsym(library, name);
  if (symbol == nullptr) *missing += (missing->empty() ? "" : ", ") + std::string(name);
  *function = reinterpret_cast<Function>(symbol);
}

}  // namespace

Result<std::unique_ptr<TensorflowLibrary>> TensorflowLibrary::Load(
    const std::filesystem::path& given) {
  const std::filesystem::path folder = FolderOfLibraries(given);
  // The framework goes first: the other one needs it by its soname, which its own run path may not
  // find.
  RETURN_IF_ERROR(OpenLibrary(folder / "libtensorflow_framework.so.2").status());
  ASSIGN_OR_RETURN(void* library, OpenLibrary(folder / kMainLibrary));
  auto api = std::make_unique<TensorflowCApi>();
  std::string missing;
#define SAGEBRUSH_TF(name) LookUp(library, "TF_" #name, &api->name, &missing)
  SAGEBRUSH_TF(Version);
  SAGEBRUSH_TF(NewStatus);
  SAGEBRUSH_TF(DeleteStatus);
  SAGEBRUSH_TF(GetCode);
  SAGEBRUSH_TF(Message);
  SAGEBRUSH_TF(NewBuffer);
  SAGEBRUSH_TF(NewBufferFromString);
  SAGEBRUSH_TF(DeleteBuffer);
  SAGEBRUSH_TF(AllocateTensor);
  SAGEBRUSH_TF(DeleteTensor);
  SAGEBRUSH_TF(TensorType);
  SAGEBRUSH_TF(NumDims);
  SAGEBRUSH_TF(Dim);
  SAGEBRUSH_TF(TensorByteSize);
  SAGEBRUSH_TF(TensorData);
  SAGEBRUSH_TF(StringInit);
  SAGEBRUSH_TF(StringCopy);
  SAGEBRUSH_TF(StringGetDataPointer);
  SAGEBRUSH_TF(StringGetSize);
  SAGEBRUSH_TF(StringDealloc);
  SAGEBRUSH_TF(NewGraph);
  SAGEBRUSH_TF(DeleteGraph);
  SAGEBRUSH_TF(GraphOperationByName);
  SAGEBRUSH_TF(OperationNumOutputs);
  SAGEBRUSH_TF(NewOperation);
  SAGEBRUSH_TF(AddInput);
  SAGEBRUSH_TF(SetAttrType);
  SAGEBRUSH_TF(FinishOperation);
  SAGEBRUSH_TF(NewImportGraphDefOptions);
  SAGEBRUSH_TF(DeleteImportGraphDefOptions);
  SAGEBRUSH_TF(ImportGraphDefOptionsSetPrefix);
  SAGEBRUSH_TF(ImportGraphDefOptionsAddInputMapping);
  SAGEBRUSH_TF(ImportGraphDefOptionsRemapControlDependency);
  SAGEBRUSH_TF(GraphImportGraphDef);
  SAGEBRUSH_TF(NewSessionOptions);
  SAGEBRUSH_TF(SetConfig);
  SAGEBRUSH_TF(DeleteSessionOptions);
  SAGEBRUSH_TF(LoadSessionFromSavedModel);
  SAGEBRUSH_TF(CloseSession);
  SAGEBRUSH_TF(DeleteSession);
  SAGEBRUSH_TF(SessionRun);
#undef SAGEBRUSH_TF
  if (!missing.empty()) {
    return FailedPrecondition("the TensorFlow library in " + folder.string() + " lacks " + missing);
  }
  return std::unique_ptr<TensorflowLibrary>(new TensorflowLibrary(std::move(api)));
}

TensorflowLibrary::TensorflowLibrary(std::unique_ptr<TensorflowCApi> api) : api_(std::move(api)) {}
TensorflowLibrary::~TensorflowLibrary() = default;

std::string TensorflowLibrary::version() const { return api_->Version(); }

}  // namespace sagebrush::serving
