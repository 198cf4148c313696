// SPDX-License-Identifier: Apache-2.0
// Where the statements of a policy document stand in its text, as SimulatePrincipalPolicy tells it. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sagebrush::services::iam_api {

struct Position {
  std::int64_t line = 1, column = 1;
};
struct StatementPosition {
  Position start, end;  // behind the opening brace and behind the closing one, as AWS counts
};

// In the document's order; `document` is a policy that has been parsed.
std::vector<StatementPosition> StatementPositions(std::string_view document);

}  // namespace sagebrush::services::iam_api
