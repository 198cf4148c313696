// SPDX-License-Identifier: Apache-2.0
// Graphs written by hand. What TensorFlow makes of the result is in saved_model_test.cc.
#include "serving/internal/frozen_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace sagebrush::serving {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr int kFloatType = 1;
constexpr int kResourceType = 20;

std::string Number(protozero::pbf_tag_type tag, int value) {
  std::string attribute;
  protozero::pbf_writer(attribute).add_int32(tag, value);
  return attribute;
}

class GraphWriter {
 public:
  GraphWriter& Node(const std::string& name, const std::string& op,
                    const std::vector<std::string>& inputs,
                    const std::map<std::string, std::string>& attributes = {}) {
    std::string node;
    protozero::pbf_writer writer(node);
    writer.add_string(1, name);
    writer.add_string(2, op);
    for (const auto& input : inputs) writer.add_string(3, input);
    for (const auto& [key, value] : attributes) {
      std::string entry;
      protozero::pbf_writer(entry).add_string(1, key);
      protozero::pbf_writer(entry).add_message(2, value);
      writer.add_message(5, entry);
    }
    protozero::pbf_writer(graph_).add_message(1, node);
    return *this;
  }
  GraphWriter& Function() {
    std::string function, library;
    protozero::pbf_writer(function).add_string(1, "signature");
    protozero::pbf_writer(library).add_message(1, function);
    protozero::pbf_writer(graph_).add_message(2, library);
    return *this;
  }
  std::string MetaGraph() const {
    std::string meta_graph;
    protozero::pbf_writer(meta_graph).add_message(2, graph_);
    return meta_graph;
  }
  std::string SavedModel() const {
    std::string saved_model;
    protozero::pbf_writer(saved_model).add_message(2, MetaGraph());
    return saved_model;
  }

 private:
  std::string graph_;
};

// x, a table, and a loop that multiplies by w; as TensorFlow 1 writes it, but for the condition.
GraphWriter Loop() {
  GraphWriter graph;
  graph.Node("x", "Placeholder", {})
      .Node("table", "HashTableV2", {})
      .Node("ids", "LookupTableFindV2", {"table", "x"})
      .Node("w", "VarHandleOp", {}, {{"dtype", Number(6, kFloatType)}})
      .Node("start", "Enter", {"ids"})
      .Node("w/Enter", "Enter", {"w"},
            {{"T", Number(6, kResourceType)}, {"is_constant", Number(5, 1)}})
      .Node("merge", "Merge", {"start", "next"})
      .Node("w/Read", "ReadVariableOp", {"w/Enter", "^merge"}, {{"dtype", Number(6, kFloatType)}})
      .Node("product", "MatMul", {"merge", "w/Read"}, {{"_class", ""}})
      .Node("next", "NextIteration", {"product", "^start"})
      .Node("exit", "Exit", {"product:0"});
  return graph;
}

std::vector<std::string> Found(const GraphWriter& graph,
                               const std::vector<std::string>& inputs = {"x:0"},
                               const std::vector<std::string>& outputs = {"exit:0"}) {
  std::vector<std::string> names;
  const std::string meta_graph = graph.MetaGraph();
  const auto found = FindLoopVariables(meta_graph, inputs, outputs);
  EXPECT_TRUE(found.ok());
  for (const auto& variable : *found) names.push_back(variable.node);
  return names;
}

// "op(input,input)" and the type by name of node.
std::map<std::string, std::string> Nodes(const std::string& graph_def) {
  std::map<std::string, std::string> nodes;
  protozero::pbf_reader graph(graph_def);
  while (graph.next(1)) {
    protozero::pbf_reader node = graph.get_message();
    std::string name, op, inputs, type;
    while (node.next()) {
      if (node.tag() == 1) {
        name = node.get_string();
      } else if (node.tag() == 2) {
        op = node.get_string();
      } else if (node.tag() == 3) {
        inputs += (inputs.empty() ? "" : ",") + node.get_string();
      } else if (node.tag() == 5) {
        protozero::pbf_reader entry = node.get_message();
        entry.next(1);
        const std::string key = entry.get_string();
        entry.next(2);
        protozero::pbf_reader value = entry.get_message();
        if ((key == "T" || key == "dtype") && value.next(6))
          type += " " + key + "=" + std::to_string(value.get_int32());
        if (key.starts_with('_')) type += " " + key;
      } else {
        node.skip();
      }
    }
    nodes[name] = op + "(" + inputs + ")" + type;
  }
  return nodes;
}

TEST(FrozenGraphTest, AVariableThatALoopOnlyReadsIsFound) {
  EXPECT_THAT(Found(Loop()), ElementsAre("w"));
}

TEST(FrozenGraphTest, WhatIsWrittenOrHandedOnIsNotTouched) {
  const std::vector<std::string> outputs = {"exit", "other"};
  for (const char* op : {"AssignVariableOp", "AssignAddVariableOp", "Switch", "Merge", "Custom"})
    EXPECT_THAT(Found(Loop().Node("other", op, {"w"}), {"x"}, outputs), IsEmpty()) << op;
  // Nor when that happens before something else, only.
  EXPECT_THAT(
      Found(Loop().Node("set", "AssignVariableOp", {"w", "x"}).Node("other", "NoOp", {"^set"}),
            {"x"}, outputs),
      IsEmpty());
  // But what no signature reaches (TensorFlow's own saving) says nothing.
  EXPECT_THAT(Found(Loop().Node("save", "AssignVariableOp", {"w", "x"})), ElementsAre("w"));
}

TEST(FrozenGraphTest, TwoHandlesOfOneNameAreOneVariable) {
  std::string shared;
  protozero::pbf_writer(shared).add_string(2, "w");
  auto graph = Loop();
  graph.Node("v", "VarHandleOp", {}, {{"shared_name", shared}})
      .Node("other", "AssignVariableOp", {"v", "x"});

  EXPECT_THAT(Found(graph, {"x"}, {"exit", "other"}), IsEmpty());
}

TEST(FrozenGraphTest, AHandleThatEntersALoopOnlyOnceMayChangeThere) {
  GraphWriter graph;
  graph.Node("w", "VarHandleOp", {})
      .Node("enter", "Enter", {"w"})
      .Node("read", "ReadVariableOp", {"enter"});

  EXPECT_THAT(Found(graph, {}, {"read"}), IsEmpty());
}

TEST(FrozenGraphTest, VariablesOfOlderProgramsAreReadByIdentity) {
  GraphWriter graph;
  graph.Node("w", "VariableV2", {})
      .Node("w/read", "Identity", {"w"})
      .Node("loop", "Enter", {"w/read"});
  EXPECT_THAT(Found(graph, {}, {"loop"}), ElementsAre("w"));

  graph.Node("assign", "Assign", {"w", "loop"});
  EXPECT_THAT(Found(graph, {}, {"loop", "assign"}), IsEmpty());
}

TEST(FrozenGraphTest, GraphsWithoutALoopOrWithFunctionsStayAsTheyAre) {
  GraphWriter straight;
  straight.Node("w", "VarHandleOp", {}).Node("read", "ReadVariableOp", {"w"});

  EXPECT_THAT(Found(straight, {}, {"read"}), IsEmpty());
  EXPECT_THAT(Found(Loop().Function()), IsEmpty());
}

TEST(FrozenGraphTest, AnInputThatIsOtherwiseComputedFromAVariableIsHonoured) {
  EXPECT_THAT(Found(Loop(), {"product:0"}), IsEmpty());
}

TEST(FrozenGraphTest, WhereSomethingThatKeepsStateComesAfterTheVariableNothingIsFrozen) {
  const auto after = [](const std::string& op, const std::map<std::string, std::string>& is = {}) {
    return Found(
        Loop().Node("state", op, {"^w/Read"}, is).Node("other", "Use", {"state", "product"}), {"x"},
        {"exit", "other"});
  };
  for (const char* op : {"VariableV2", "VarHandleOp", "HashTableV2", "MutableHashTable",
                         "MutableDenseHashTableV2", "FIFOQueueV2", "Barrier"})
    EXPECT_THAT(after(op), IsEmpty()) << op;
  EXPECT_THAT(after("Custom", {{"shared_name", ""}}), IsEmpty());
  for (const char* op : {"Custom", "TensorArrayV3", "LookupTableFindV2"})
    EXPECT_THAT(after(op), ElementsAre("w")) << op;
}

TEST(FrozenGraphTest, WhatComputesFromTheVariableIsWrittenOnceMoreAndTheRestIsShared) {
  const auto frozen =
      Freeze(Loop().MetaGraph(), {"exit:0"},
             {{.variable = {.node = "w", .type = kFloatType}, .shape = {1}, .bytes = "0000"}})
          .value();

  EXPECT_THAT(Nodes(frozen.graph_def),
              UnorderedElementsAre(
                  Pair("w", "Const() dtype=1"), Pair("w/Enter", "Enter(w) T=1"),
                  Pair("w/Read", "Identity(w/Enter,^merge) T=1"),
                  Pair("merge", "Merge(start,next)"), Pair("product", "MatMul(merge,w/Read)"),
                  Pair("next", "NextIteration(product,^start)"), Pair("exit", "Exit(product:0)")));
  EXPECT_THAT(frozen.shared_outputs, ElementsAre(Pair("start", 0)));
  EXPECT_THAT(frozen.shared_operations, ElementsAre("start"));
  EXPECT_TRUE(frozen.nodes.contains("exit"));
  EXPECT_FALSE(frozen.nodes.contains("x"));
}

TEST(FrozenGraphTest, ProductsAreNotFusedInLoopsWithoutConvolution) {
  EXPECT_TRUE(LoopsOverSmallProducts(Loop().SavedModel()));
  EXPECT_FALSE(LoopsOverSmallProducts(Loop().Node("c", "Conv2D", {"x"}).SavedModel()));
  EXPECT_FALSE(LoopsOverSmallProducts(GraphWriter().Node("p", "MatMul", {"x"}).SavedModel()));
  EXPECT_FALSE(LoopsOverSmallProducts("not a protobuf"));
}

TEST(FrozenGraphTest, BrokenBytesAreRefused) {
  EXPECT_EQ(FindLoopVariables("\x12\xff\xff", {}, {}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sagebrush::serving
