// SPDX-License-Identifier: Apache-2.0
// SavedModel: a Model that TensorFlow's C API runs, from a folder with saved_model.pb and
// variables/ (TensorFlow 1.x and 2.x). Immutable once loaded; Run may be called from any thread
// (TF_SessionRun is thread-safe).
#pragma once

#include <filesystem>
#include <memory>

#include "base/status.h"
#include "serving/model.h"
#include "serving/tensorflow_library.h"

namespace sagebrush::serving {

struct SavedModelOptions {
  int threads = 0;  // for the operators of one run; 0: as many as there are cores
};

// Loads the graph tagged "serve" and restores its variables. `library` must outlive the model.
// kInvalidArgument when TensorFlow refuses the folder (its words are passed on) or no signature can
// be served.
Result<std::unique_ptr<Model>> LoadSavedModel(const TensorflowLibrary& library,
                                              const std::filesystem::path& folder,
                                              const SavedModelOptions& options);

}  // namespace sagebrush::serving
