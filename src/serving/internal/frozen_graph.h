// SPDX-License-Identifier: Apache-2.0
// Variables of TensorFlow 1 loops as constants. Keras' LSTM of TensorFlow 1 reads its weights and cuts them up anew in every
// step; of a constant TensorFlow's own optimiser does that once. What computes from such variables is written out a second
// time, with constants, to be imported into the same graph beside the first: everything else (placeholders, tables, other
// variables) is shared, so a model that keeps state keeps it. Pure; graph.proto is read and written by protozero.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sagebrush::serving {

// A variable that no signature's computation writes, hands on or passes to a function.
struct LoopVariable {
  std::string node;     // VarHandleOp, or VariableV2 of older programs
  int type = 0;         // tensorflow.DataType
  bool is_ref = false;  // VariableV2: its output is the value itself
};

struct LoopVariableValue {
  LoopVariable variable;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

struct FrozenGraph {
  std::string graph_def;
  std::vector<std::pair<std::string, int>>
      shared_outputs;                          // of the original graph, used as they are
  std::vector<std::string> shared_operations;  // the same, by control dependencies
  std::set<std::string> nodes;                 // what is written out a second time
};

// "dense/Sigmoid:0", "dense/Sigmoid" and "^dense/Sigmoid" are of node dense/Sigmoid.
std::string_view NodeOfTensor(std::string_view tensor);

// Whether a SavedModel's graph for serving has a TensorFlow 1 loop and no convolution. There fusing a product with what
// follows it costs more than it saves: oneDNN's fused product takes 10 us for each call of a step's small one, beside 1 to 2.
bool LoopsOverSmallProducts(std::string_view saved_model);

// Those of a MetaGraphDef that may be constants: its signatures' outputs only read them. None where there is no loop, where
// functions might reach variables by other ways, or where an input is a tensor that the graph computes from them,
// or where a variable, table or queue comes after one of them.
// kInvalidArgument for broken bytes.
Result<std::vector<LoopVariable>> FindLoopVariables(std::string_view meta_graph_def,
                                                    const std::vector<std::string>& inputs,
                                                    const std::vector<std::string>& outputs);

// What computes these outputs from such variables, once more.
Result<FrozenGraph> Freeze(std::string_view meta_graph_def, const std::vector<std::string>& outputs,
                           const std::vector<LoopVariableValue>& values);

}  // namespace sagebrush::serving
