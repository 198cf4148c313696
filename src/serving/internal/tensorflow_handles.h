// SPDX-License-Identifier: Apache-2.0
// What owns the C library's objects, and its status as ours.
#pragma once

#include <functional>
#include <memory>

#include "base/status.h"
#include "serving/internal/tensorflow_c_api.h"

namespace sagebrush::serving {

// With the library's own delete function.
template <typename T>
using Owned = std::unique_ptr<T, std::function<void(T*)>>;

inline Owned<TF_Status> NewStatus(const TensorflowCApi& api) {
  return {api.NewStatus(), api.DeleteStatus};
}

inline Status ToStatus(const TensorflowCApi& api, const TF_Status* status) {
  const int code = api.GetCode(status);
  if (code == 0) return Status::Ok();
  return Status(code == TF_INVALID_ARGUMENT ? Code::kInvalidArgument : Code::kInternal,
                api.Message(status));
}

}  // namespace sagebrush::serving
