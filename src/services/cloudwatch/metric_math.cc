// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/metric_math.h"

#include <algorithm>
#include <cmath>

#include "base/strings.h"

namespace sagebrush::services::cloudwatch {

struct MetricMath::Node {
  char kind = 0;  // '1' a number, 'a' an id, '~' the negative of `left`, or an operator
  double number = 0;
  std::string id;
  std::shared_ptr<const Node> left, right;
};

namespace {

constexpr int kMaxDepth = 64;  // of parentheses, signs and powers: bounds the stack

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) {
  return IsDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

double Apply(char kind, double a, double b) {
  switch (kind) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return std::pow(a, b);
  }
}

}  // namespace

// sum := product (('+' | '-') product)* · product := signed (('*' | '/') signed)* · signed := '-' signed | power
// power := primary ('^' signed)? · primary := number | id | '(' sum ')'
class MathParser {
 public:
  using Node = MetricMath::Node;
  using Tree = std::shared_ptr<const Node>;

  MathParser(std::string_view text, std::vector<std::string>* references)
      : rest_(text), references_(references) {}

  Result<Tree> ParseAll() {
    ASSIGN_OR_RETURN(Tree tree, Sum());
    SkipSpace();
    if (!rest_.empty())
      return InvalidArgument("unexpected '" + std::string(FirstCharacters(rest_, 1)) + "'");
    return tree;
  }

 private:
  Result<Tree> Sum() {
    ASSIGN_OR_RETURN(Tree tree, Product());
    while (const char kind = TakeOneOf("+-")) {
      ASSIGN_OR_RETURN(Tree right, Product());
      tree = Make(kind, std::move(tree), std::move(right));
    }
    return tree;
  }

  Result<Tree> Product() {
    ASSIGN_OR_RETURN(Tree tree, Signed());
    while (const char kind = TakeOneOf("*/")) {
      ASSIGN_OR_RETURN(Tree right, Signed());
      tree = Make(kind, std::move(tree), std::move(right));
    }
    return tree;
  }

  Result<Tree> Signed() {
    if (++depth_ > kMaxDepth) return InvalidArgument("it is nested too deeply");
    Tree tree;
    if (TakeOneOf("-") != 0) {
      ASSIGN_OR_RETURN(Tree inner, Signed());
      tree = Make('~', std::move(inner), nullptr);
    } else {
      ASSIGN_OR_RETURN(tree, Power());
    }
    --depth_;
    return tree;
  }

  Result<Tree> Power() {
    ASSIGN_OR_RETURN(Tree tree, Primary());
    if (TakeOneOf("^") == 0) return tree;
    ASSIGN_OR_RETURN(Tree right, Signed());
    return Make('^', std::move(tree), std::move(right));
  }

  Result<Tree> Primary() {
    if (TakeOneOf("(") != 0) {
      ASSIGN_OR_RETURN(Tree inner, Sum());
      if (TakeOneOf(")") == 0) return InvalidArgument("a parenthesis is not closed");
      return inner;
    }
    SkipSpace();
    if (rest_.empty()) return InvalidArgument("it ends too early");
    if (IsDigit(rest_[0]) || rest_[0] == '.') return Number();
    if (IsWord(rest_[0])) return Id();
    return InvalidArgument("unexpected '" + std::string(FirstCharacters(rest_, 1)) + "'");
  }

  Result<Tree> Number() {
    std::size_t length = 0;
    while (length < rest_.size() && (IsDigit(rest_[length]) || rest_[length] == '.')) ++length;
    const auto number = ParseDouble(rest_.substr(0, length));
    if (!number)
      return InvalidArgument("'" + std::string(rest_.substr(0, length)) + "' is no number");
    rest_.remove_prefix(length);
    auto node = std::make_shared<Node>();
    node->kind = '1';
    node->number = *number;
    return Tree(std::move(node));
  }

  Result<Tree> Id() {
    std::size_t length = 0;
    while (length < rest_.size() && IsWord(rest_[length])) ++length;
    std::string id(rest_.substr(0, length));
    rest_.remove_prefix(length);
    SkipSpace();
    if (rest_.starts_with('('))
      return InvalidArgument("the function " + id +
                             " is not available on this server; + - * / ^ and parentheses are");
    if (std::find(references_->begin(), references_->end(), id) == references_->end())
      references_->push_back(id);
    auto node = std::make_shared<Node>();
    node->kind = 'a';
    node->id = std::move(id);
    return Tree(std::move(node));
  }

  static Tree Make(char kind, Tree left, Tree right) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }

  void SkipSpace() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n'))
      rest_.remove_prefix(1);
  }

  // The character, taken, or 0.
  char TakeOneOf(std::string_view wanted) {
    SkipSpace();
    if (rest_.empty() || wanted.find(rest_[0]) == std::string_view::npos) return 0;
    const char taken = rest_[0];
    rest_.remove_prefix(1);
    return taken;
  }

  std::string_view rest_;
  std::vector<std::string>* const references_;
  int depth_ = 0;
};

Result<MetricMath> MetricMath::Parse(std::string_view expression) {
  MetricMath math;
  ASSIGN_OR_RETURN(math.root_, MathParser(expression, &math.references_).ParseAll());
  return math;
}

Result<Series> MetricMath::Evaluate(
    const std::function<const Series&(const std::string&)>& series_of) const {
  Value value = Evaluate(*root_, series_of);
  if (auto* series = std::get_if<Series>(&value)) {
    std::erase_if(*series, [](const auto& point) { return !std::isfinite(point.second); });
    return std::move(*series);
  }
  return InvalidArgument("it names no metric, so it gives a number and no series");
}

MetricMath::Value MetricMath::Evaluate(
    const Node& node, const std::function<const Series&(const std::string&)>& series_of) {
  if (node.kind == '1') return node.number;
  if (node.kind == 'a') return series_of(node.id);
  Value left = Evaluate(*node.left, series_of);
  if (node.kind == '~') {
    if (const double* number = std::get_if<double>(&left)) return -*number;
    for (auto& [time, value] : std::get<Series>(left)) value = -value;
    return left;
  }
  Value right = Evaluate(*node.right, series_of);
  const double* a = std::get_if<double>(&left);
  const double* b = std::get_if<double>(&right);
  if (a != nullptr && b != nullptr) return Apply(node.kind, *a, *b);
  if (a != nullptr) {
    for (auto& [time, value] : std::get<Series>(right)) value = Apply(node.kind, *a, value);
    return right;
  }
  Series& series = std::get<Series>(left);
  if (b != nullptr) {
    for (auto& [time, value] : series) value = Apply(node.kind, value, *b);
    return left;
  }
  const Series& other = std::get<Series>(right);
  std::erase_if(series, [&](const auto& point) { return !other.contains(point.first); });
  for (auto& [time, value] : series) value = Apply(node.kind, value, other.at(time));
  return left;
}

}  // namespace sagebrush::services::cloudwatch
