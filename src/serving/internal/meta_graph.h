// SPDX-License-Identifier: Apache-2.0
// Reads the signatures out of a serialised MetaGraphDef (tensorflow/core/protobuf/meta_graph.proto)
// without protobuf's library, which would clash with the one inside TensorFlow. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "serving/model.h"

namespace sagebrush::serving {

struct GraphSignature {
  Signature signature;
  // Graph names such as "dense/Sigmoid:0", in the signature's order.
  std::vector<std::string> input_tensors;
  std::vector<std::string> output_tensors;
};

// Signatures with ordinary dense tensors, sorted by name; those with sparse or composite ones are
// left out, and so are the ones without a name for clients (TensorFlow 2's
// "__saved_model_init_op"). kInvalidArgument for broken bytes.
Result<std::vector<GraphSignature>> ReadSignatures(std::string_view meta_graph_def);

DataType FromTensorflowType(int type);

}  // namespace sagebrush::serving
