// SPDX-License-Identifier: Apache-2.0
#include "services/iam/statement_position.h"

#include <string>

namespace sagebrush::services::iam_api {

namespace {

// Walks over JSON text that is known to be lawful and calls `visit` for what structures it: braces, brackets and whole
// strings, with the position behind each.
template <typename Visit>
void Walk(std::string_view text, const Visit& visit) {
  Position behind;
  std::string string;
  bool is_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    // A character is one column, however many bytes it has.
    if (c == '\n') {
      ++behind.line;
      behind.column = 1;
    } else if ((c & 0xc0) != 0x80) {
      ++behind.column;
    }
    if (is_string) {
      if (c == '\\') {
        ++at;
        ++behind.column;
      } else if (c == '"') {
        is_string = false;
        visit('"', string, behind);
      } else {
        string.push_back(c);
      }
    } else if (c == '"') {
      is_string = true;
      string.clear();
    } else if (c == '{' || c == '}' || c == '[' || c == ']') {
      visit(c, string, behind);
    }
  }
}

}  // namespace

std::vector<StatementPosition> StatementPositions(std::string_view document) {
  std::vector<StatementPosition> found;
  int depth = 0;  // of braces and brackets
  // Since "Statement" was read in the document itself. Its "Version" and "Id" may have that value too: no brace follows.
  bool are_next = false;
  int opened_at = 0;  // the depth of the statement that is open; 0: none is
  Walk(document, [&](char c, const std::string& string, const Position& behind) {
    if (c == '"') {
      if (depth == 1) are_next = string == "Statement";
      return;
    }
    if (c == '{' || c == '[') {
      ++depth;
      if (c == '{' && are_next && opened_at == 0) {
        opened_at = depth;
        found.push_back({behind, {}});
      }
      return;
    }
    if (depth == opened_at) {
      opened_at = 0;
      found.back().end = behind;
    }
    --depth;
  });
  return found;
}

}  // namespace sagebrush::services::iam_api
