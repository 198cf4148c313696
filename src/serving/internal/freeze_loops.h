// SPDX-License-Identifier: Apache-2.0
// Makes constants of the variables that a loaded TensorFlow 1 graph reads in loops (frozen_graph.h says why), within its own
// session. Before the first run of a model; blocking.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "serving/internal/meta_graph.h"
#include "serving/internal/tensorflow_c_api.h"

namespace sagebrush::serving {

// Adds nodes to `graph`, and lets the signatures' outputs name those. Where there is nothing to gain, or it fails, graph and
// signatures compute what they did.
Status FreezeLoops(const TensorflowCApi& api, TF_Graph* graph, TF_Session* session,
                   std::string_view meta_graph_def, std::vector<GraphSignature>* signatures);

}  // namespace sagebrush::serving
