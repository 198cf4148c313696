// SPDX-License-Identifier: Apache-2.0
// Data plane: the common bodies are looked at by memchr and copied once.
#include "serving/request_body.h"

#include <cctype>

#include "base/json.h"
#include "base/strings.h"

namespace sagebrush::serving {
namespace {

// simdjson reads up to 64 bytes past the end; leaving room here saves a copy there.
constexpr std::size_t kRoom = 64;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t SkipSpace(std::string_view text, std::size_t from) {
  while (from < text.size() && IsSpace(text[from])) ++from;
  return from;
}

// "instances", "inputs" or "examples" as a key, anywhere.
bool LooksLikePredictRequest(std::string_view body) {
  for (std::size_t at = body.find('"'); at != std::string_view::npos; at = body.find('"', at + 1)) {
    for (const std::string_view key : {"\"instances\"", "\"inputs\"", "\"examples\""}) {
      if (!body.substr(at).starts_with(key)) continue;
      const std::size_t after = SkipSpace(body, at + key.size());
      if (after < body.size() && body[after] == ':') return true;
    }
  }
  return false;
}

// Two values with nothing but white space between them.
bool LooksLikeJsonLines(std::string_view body) {
  for (const char closing : {']', '}'}) {
    for (std::size_t at = body.find(closing); at != std::string_view::npos;
         at = body.find(closing, at + 1)) {
      const std::size_t after = SkipSpace(body, at + 1);
      if (after < body.size() && (body[after] == '[' || body[after] == '{')) return true;
    }
  }
  return false;
}

std::string Wrap(std::string_view before, std::string_view body, std::string_view after) {
  std::string json;
  json.reserve(before.size() + body.size() + after.size() + kRoom);
  json.append(before).append(body).append(after);
  return json;
}

// Non-empty lines, trimmed.
template <typename Visit>
void ForEachLine(std::string_view body, Visit visit) {
  for (const std::string_view line : Split(body, '\n')) {
    if (const std::string_view trimmed = Trim(line); !trimmed.empty()) visit(trimmed);
  }
}

std::string JsonLines(std::string_view body) {
  std::string json = Wrap("{\"instances\":[", "", "");
  json.reserve(body.size() + 2 * kRoom);
  bool is_first = true;
  ForEachLine(body, [&](std::string_view line) {
    if (!is_first) json += ',';
    is_first = false;
    json += line;
  });
  return json + "]}";
}

std::string Csv(std::string_view body) {
  const std::size_t start = SkipSpace(body, 0);
  const char first = start < body.size() ? body[start] : '0';
  const bool is_bare_text = first != '"' && first != '.' && first != '+' && first != '-' &&
                            std::isdigit(static_cast<unsigned char>(first)) == 0;
  std::string json = "{\"instances\":[";
  bool is_first_line = true;
  ForEachLine(body, [&](std::string_view line) {
    if (!is_first_line) json += ',';
    is_first_line = false;
    // One column gives a scalar a row, as the container does.
    const bool has_columns = line.find(',') != std::string_view::npos;
    if (has_columns) json += '[';
    if (is_bare_text) {
      bool is_first_cell = true;
      for (const std::string_view cell : Split(line, ',')) {
        if (!is_first_cell) json += ',';
        is_first_cell = false;
        AppendJsonString(cell, &json);
      }
    } else {
      json += line;
    }
    if (has_columns) json += ']';
  });
  return json + "]}";
}

}  // namespace

std::optional<BodyKind> BodyKindOf(std::string_view content_type) {
  const std::string type = ToLower(Trim(content_type.substr(0, content_type.find(';'))));
  if (type.empty() || type == "application/json" || type == "application/jsonlines" ||
      type == "application/jsons") {
    return BodyKind::kJson;
  }
  if (type == "text/csv") return BodyKind::kCsv;
  return std::nullopt;
}

std::string ToPredictJson(BodyKind kind, std::string body) {
  if (kind == BodyKind::kCsv) return Csv(body);
  if (LooksLikePredictRequest(body)) return body;
  if (LooksLikeJsonLines(body)) return JsonLines(body);
  const std::size_t first = SkipSpace(body, 0);
  const std::size_t second = SkipSpace(body, first + 1);
  const bool is_list_of_lists = second < body.size() && body[first] == '[' && body[second] == '[';
  return is_list_of_lists ? Wrap("{\"instances\":", body, "}")
                          : Wrap("{\"instances\":[", body, "]}");
}

}  // namespace sagebrush::serving
