// SPDX-License-Identifier: Apache-2.0
// Field numbers are those of saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, attr_value.proto and
// tensor.proto. The bytes come from TensorFlow's own serialiser; every read of them is under one try.
#include "serving/internal/frozen_graph.h"

#include <algorithm>
#include <map>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "base/strings.h"

namespace sagebrush::serving {
namespace {

using Bytes = protozero::data_view;

std::string_view Text(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }

struct Node {
  std::string_view name, op, device;
  std::vector<std::string_view> inputs;
  std::map<std::string_view, std::string_view> attributes;  // AttrValue messages
};

struct Graph {
  std::vector<Node> nodes;
  std::map<std::string_view, std::size_t> by_name;
  std::string_view versions;
  bool has_functions = false;

  const Node* Find(std::string_view tensor) const {
    const auto it = by_name.find(NodeOfTensor(tensor));
    return it == by_name.end() ? nullptr : &nodes[it->second];
  }
};

bool IsControl(std::string_view input) { return input.starts_with('^'); }

int IndexOf(std::string_view tensor) {
  const auto colon = tensor.rfind(':');
  if (colon == std::string_view::npos) return 0;
  return static_cast<int>(ParseUint(tensor.substr(colon + 1)).value_or(0));
}

Node ReadNode(std::string_view bytes) {
  Node node;
  protozero::pbf_reader reader(bytes.data(), bytes.size());
  while (reader.next()) {
    switch (reader.tag()) {
      case 1:
        node.name = Text(reader.get_view());
        break;
      case 2:
        node.op = Text(reader.get_view());
        break;
      case 3:
        node.inputs.push_back(Text(reader.get_view()));
        break;
      case 4:
        node.device = Text(reader.get_view());
        break;
      case 5: {
        protozero::pbf_reader entry = reader.get_message();
        std::string_view key, value;
        while (entry.next()) {
          if (entry.tag() == 1)
            key = Text(entry.get_view());
          else if (entry.tag() == 2)
            value = Text(entry.get_view());
          else
            entry.skip();
        }
        node.attributes[key] = value;
        break;
      }
      default:
        reader.skip();
    }
  }
  return node;
}

Graph ReadGraph(std::string_view graph_def) {
  Graph graph;
  protozero::pbf_reader reader(graph_def.data(), graph_def.size());
  while (reader.next()) {
    if (reader.tag() == 1) {
      graph.nodes.push_back(ReadNode(Text(reader.get_view())));
    } else if (reader.tag() == 2) {  // library
      graph.has_functions = graph.has_functions || reader.get_message().next(1);
    } else if (reader.tag() == 4) {
      graph.versions = Text(reader.get_view());
    } else {
      reader.skip();
    }
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) graph.by_name[graph.nodes[i].name] = i;
  return graph;
}

std::string_view GraphDefOf(std::string_view meta_graph_def) {
  protozero::pbf_reader reader(meta_graph_def.data(), meta_graph_def.size());
  return reader.next(2) ? Text(reader.get_view()) : std::string_view();
}

// An attribute of a kind that is one varint (b = 5, type = 6) or bytes (s = 2).
int NumberAttribute(const Node& node, std::string_view name, protozero::pbf_tag_type tag) {
  const auto it = node.attributes.find(name);
  if (it == node.attributes.end()) return 0;
  protozero::pbf_reader value(it->second.data(), it->second.size());
  return value.next(tag) ? static_cast<int>(value.get_uint32()) : 0;
}

std::string_view TextAttribute(const Node& node, std::string_view name) {
  const auto it = node.attributes.find(name);
  if (it == node.attributes.end()) return {};
  protozero::pbf_reader value(it->second.data(), it->second.size());
  return value.next(2) ? Text(value.get_view()) : std::string_view();
}

// What these outputs are computed from.
std::set<const Node*> Reachable(const Graph& graph, const std::vector<std::string>& outputs) {
  std::set<const Node*> reached;
  std::vector<const Node*> ahead;
  const auto reach = [&](std::string_view tensor) {
    const Node* node = graph.Find(tensor);
    if (node != nullptr && reached.insert(node).second) ahead.push_back(node);
  };
  for (const auto& output : outputs) reach(output);
  while (!ahead.empty()) {
    const Node* node = ahead.back();
    ahead.pop_back();
    for (const auto input : node->inputs) reach(input);
  }
  return reached;
}

using Consumers = std::map<const Node*, std::vector<const Node*>>;

Consumers ConsumersOf(const Graph& graph, const std::set<const Node*>& reached, bool control_too) {
  Consumers consumers;
  for (const Node* node : reached)
    for (const auto input : node->inputs)
      if (control_too || !IsControl(input))
        if (const Node* producer = graph.Find(input); producer != nullptr)
          consumers[producer].push_back(node);
  return consumers;
}

bool IsRefVariable(const Node& node) { return node.op == "VariableV2" || node.op == "Variable"; }
bool IsVariable(const Node& node) { return node.op == "VarHandleOp" || IsRefVariable(node); }

// Whether a session keeps something for this node under its name, if no shared one is given: a second node, of another name,
// would have another one, and that empty. By the name of the op without its version, for SavedModels are often written without
// attributes of a default value, as the empty shared_name is.
bool OwnsState(const Node& node) {
  if (node.attributes.contains("shared_name")) return true;
  std::string_view op = node.op;
  if (op.size() > 2 && op[op.size() - 2] == 'V' && op.back() >= '0' && op.back() <= '9')
    op.remove_suffix(2);
  constexpr std::string_view kOwners[] = {
      "HandleOp", "Variable",    "HashTable", "HashTableOfTensors", "Queue",
      "Reader",   "Accumulator", "Barrier",   "Iterator",           "Mutex"};
  return std::ranges::any_of(kOwners, [op](std::string_view owner) { return op.ends_with(owner); });
}

// Passes a variable's handle on, without a choice.
bool IsCarrier(const Node& node) {
  return node.op == "Identity" ||
         (node.op == "Enter" && NumberAttribute(node, "is_constant", 5) != 0);
}

// What takes a resource variable's handle, through carriers; false if one of them does more than read.
bool OnlyRead(const Node* variable, const Consumers& consumers, std::set<const Node*>* carriers,
              std::set<const Node*>* readers) {
  const auto of = [&](const Node* node) {
    const auto it = consumers.find(node);
    return it == consumers.end() ? std::vector<const Node*>() : it->second;
  };
  if (IsRefVariable(*variable))
    return std::ranges::all_of(of(variable),
                               [](const Node* node) { return node->op == "Identity"; });
  std::vector<const Node*> ahead = {variable};
  while (!ahead.empty()) {
    const Node* node = ahead.back();
    ahead.pop_back();
    for (const Node* consumer : of(node)) {
      if (consumer->op == "ReadVariableOp") {
        readers->insert(consumer);
      } else if (!IsCarrier(*consumer)) {
        return false;
      } else if (carriers->insert(consumer).second) {
        ahead.push_back(consumer);
      }
    }
  }
  return true;
}

// These and all that is computed from them.
std::set<const Node*> Downstream(const Consumers& consumers, const std::vector<const Node*>& from) {
  std::set<const Node*> reached(from.begin(), from.end());
  std::vector<const Node*> ahead = from;
  while (!ahead.empty()) {
    const auto it = consumers.find(ahead.back());
    ahead.pop_back();
    if (it == consumers.end()) continue;
    for (const Node* consumer : it->second)
      if (reached.insert(consumer).second) ahead.push_back(consumer);
  }
  return reached;
}

// Two nodes may stand for the same variable.
std::string NameOfVariable(const Node& node) {
  const auto shared = TextAttribute(node, "shared_name");
  return std::string(TextAttribute(node, "container")) + "/" +
         std::string(shared.empty() ? node.name : shared);
}

std::string TypeAttribute(int type) {
  std::string value;
  protozero::pbf_writer(value).add_enum(6, type);
  return value;
}

class NodeWriter {
 public:
  NodeWriter(std::string* graph_def, std::string_view name, std::string_view op,
             std::string_view device)
      : graph_def_(graph_def), writer_(node_) {
    writer_.add_string(1, name.data(), name.size());
    writer_.add_string(2, op.data(), op.size());
    if (!device.empty()) writer_.add_string(4, device.data(), device.size());
  }
  ~NodeWriter() { protozero::pbf_writer(*graph_def_).add_message(1, node_); }
  NodeWriter(const NodeWriter&) = delete;
  NodeWriter& operator=(const NodeWriter&) = delete;

  void Input(std::string_view input) { writer_.add_string(3, input.data(), input.size()); }
  void Attribute(std::string_view name, std::string_view value) {
    std::string entry;
    protozero::pbf_writer writer(entry);
    writer.add_string(1, name.data(), name.size());
    writer.add_message(2, value.data(), value.size());
    writer_.add_message(5, entry);
  }

 private:
  std::string* const graph_def_;
  std::string node_;
  protozero::pbf_writer writer_;
};

void WriteConstant(std::string* graph_def, const Node& node, const LoopVariableValue& value) {
  std::string shape;
  for (const std::int64_t size : value.shape) {
    std::string dimension;
    protozero::pbf_writer(dimension).add_int64(1, size);
    protozero::pbf_writer(shape).add_message(2, dimension);
  }
  std::string tensor;
  protozero::pbf_writer tensor_writer(tensor);
  tensor_writer.add_enum(1, value.variable.type);
  tensor_writer.add_message(2, shape);
  tensor_writer.add_bytes(4, value.bytes);
  std::string attribute;
  protozero::pbf_writer(attribute).add_message(8, tensor);
  NodeWriter writer(graph_def, node.name, "Const", node.device);
  writer.Attribute("dtype", TypeAttribute(value.variable.type));
  writer.Attribute("value", attribute);
}

// Without the colocations: they name nodes that are not here, and one device needs none.
void WriteNode(std::string* graph_def, const Node& node, std::string_view op,
               std::optional<int> type) {
  NodeWriter writer(graph_def, node.name, op, node.device);
  for (const auto input : node.inputs) writer.Input(input);
  for (const auto& [name, value] : node.attributes)
    if (!name.starts_with('_') && !(type && (name == "T" || name == "dtype")))
      writer.Attribute(name, value);
  if (type) writer.Attribute("T", TypeAttribute(*type));
}

// Whether one of these nodes loops, and whether one convolves.
void Look(const Graph& graph, bool* loops, bool* convolves) {
  for (const auto& node : graph.nodes) {
    *loops = *loops || node.op == "Enter" || node.op == "RefEnter";
    *convolves = *convolves || node.op.find("Conv") != std::string_view::npos;
  }
}

}  // namespace

std::string_view NodeOfTensor(std::string_view tensor) {
  if (IsControl(tensor)) tensor.remove_prefix(1);
  return tensor.substr(0, tensor.rfind(':'));
}

bool LoopsOverSmallProducts(std::string_view saved_model) try {
  protozero::pbf_reader reader(saved_model.data(), saved_model.size());
  bool loops = false, convolves = false;
  while (reader.next(2)) Look(ReadGraph(GraphDefOf(Text(reader.get_view()))), &loops, &convolves);
  return loops && !convolves;
} catch (const protozero::exception&) {
  return false;  // TensorFlow will say what is wrong with it
}

Result<std::vector<LoopVariable>> FindLoopVariables(std::string_view meta_graph_def,
                                                    const std::vector<std::string>& inputs,
                                                    const std::vector<std::string>& outputs) try {
  std::vector<LoopVariable> found;
  const Graph graph = ReadGraph(GraphDefOf(meta_graph_def));
  const auto reached = Reachable(graph, outputs);
  if (graph.has_functions ||
      std::ranges::none_of(reached, [](const Node* node) { return node->op == "Enter"; }))
    return found;
  const Consumers consumers = ConsumersOf(graph, reached, /*control_too=*/false);
  std::set<std::string> written;
  std::vector<const Node*> read;
  for (const Node* node : reached) {
    if (!IsVariable(*node)) continue;
    std::set<const Node*> carriers, readers;
    if (OnlyRead(node, consumers, &carriers, &readers))
      read.push_back(node);
    else
      written.insert(NameOfVariable(*node));
  }
  std::erase_if(read, [&](const Node* node) { return written.contains(NameOfVariable(*node)); });
  // A client may give what is otherwise computed: then the second graph would not see it.
  const auto computed = Downstream(ConsumersOf(graph, reached, /*control_too=*/true), read);
  for (const auto& input : inputs)
    if (computed.contains(graph.Find(input))) return found;
  // By a control dependency alone also what keeps state may come after such a variable. It cannot be written once more.
  for (const Node* node : computed)
    if (OwnsState(*node) && std::ranges::find(read, node) == read.end()) return found;
  for (const Node* node : read)
    found.push_back({.node = std::string(node->name),
                     .type = NumberAttribute(*node, "dtype", 6),
                     .is_ref = IsRefVariable(*node)});
  std::ranges::sort(found, {}, &LoopVariable::node);
  return found;
} catch (const protozero::exception& error) {
  return InvalidArgument(std::string("broken GraphDef: ") + error.what());
}

Result<FrozenGraph> Freeze(std::string_view meta_graph_def, const std::vector<std::string>& outputs,
                           const std::vector<LoopVariableValue>& values) try {
  const Graph graph = ReadGraph(GraphDefOf(meta_graph_def));
  const auto reached = Reachable(graph, outputs);
  const Consumers data_consumers = ConsumersOf(graph, reached, /*control_too=*/false);
  const Consumers consumers = ConsumersOf(graph, reached, /*control_too=*/true);

  std::map<const Node*, const LoopVariableValue*> constants;
  std::map<const Node*, int> carriers, readers;  // with the type of their variable
  std::vector<const Node*> variables;
  for (const auto& value : values) {
    const Node* node = graph.Find(value.variable.node);
    if (node == nullptr) return InvalidArgument("no variable " + value.variable.node);
    constants[node] = &value;
    variables.push_back(node);
    std::set<const Node*> carry, read;
    OnlyRead(node, data_consumers, &carry, &read);
    for (const Node* carrier : carry) carriers[carrier] = value.variable.type;
    for (const Node* reader : read) readers[reader] = value.variable.type;
  }
  const auto copied = Downstream(consumers, variables);

  FrozenGraph frozen;
  std::set<std::pair<std::string, int>> shared_outputs;
  std::set<std::string> shared_operations;
  for (const Node* node : copied) {
    frozen.nodes.emplace(node->name);
    if (const auto constant = constants.find(node); constant != constants.end()) {
      WriteConstant(&frozen.graph_def, *node, *constant->second);
      continue;
    }
    for (const auto input : node->inputs) {
      const Node* producer = graph.Find(input);
      if (producer == nullptr || copied.contains(producer)) continue;
      if (IsControl(input))
        shared_operations.emplace(producer->name);
      else
        shared_outputs.emplace(producer->name, IndexOf(input));
    }
    if (const auto reader = readers.find(node); reader != readers.end())
      WriteNode(&frozen.graph_def, *node, "Identity", reader->second);
    else if (const auto carrier = carriers.find(node); carrier != carriers.end())
      WriteNode(&frozen.graph_def, *node, node->op, carrier->second);
    else
      WriteNode(&frozen.graph_def, *node, node->op, std::nullopt);
  }
  if (!graph.versions.empty())
    protozero::pbf_writer(frozen.graph_def)
        .add_message(4, graph.versions.data(), graph.versions.size());
  frozen.shared_outputs.assign(shared_outputs.begin(), shared_outputs.end());
  frozen.shared_operations.assign(shared_operations.begin(), shared_operations.end());
  return frozen;
} catch (const protozero::exception& error) {
  return InvalidArgument(std::string("broken GraphDef: ") + error.what());
}

}  // namespace sagebrush::serving
