// SPDX-License-Identifier: Apache-2.0
// TensorflowLibrary: TensorFlow's C API, loaded at run time from the folder that holds
// libtensorflow_framework.so.2 and libtensorflow_cc.so.2, or from the TensorFlow of a Python
// environment (lib/python*/site-packages/tensorflow below the folder). RTLD_LOCAL keeps its protobuf and its
// abseil out of our symbols. It is never unloaded: its thread pools and static objects do not
// survive that. Immutable; any thread may call.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/status.h"

namespace sagebrush::serving {

struct TensorflowCApi;

class TensorflowLibrary {
 public:
  // kNotFound when a library is missing; kFailedPrecondition when it does not load or lacks a
  // function.
  static Result<std::unique_ptr<TensorflowLibrary>> Load(const std::filesystem::path& folder);
  ~TensorflowLibrary();

  const TensorflowCApi& api() const { return *api_; }
  std::string version() const;

 private:
  explicit TensorflowLibrary(std::unique_ptr<TensorflowCApi> api);
  std::unique_ptr<TensorflowCApi> api_;
};

}  // namespace sagebrush::serving
