// SPDX-License-Identifier: Apache-2.0
#include "services/iam/statement_position.h"

#include <gtest/gtest.h>

namespace sagebrush::services::iam_api {
namespace {

std::string Show(const std::vector<StatementPosition>& positions) {
  std::string out;
  for (const auto& [start, end] : positions)
    out += std::to_string(start.line) + ":" + std::to_string(start.column) + "-" +
           std::to_string(end.line) + ":" + std::to_string(end.column) + " ";
  return out;
}

TEST(StatementPositions, StandWhereAwsSaysTheyDo) {
  // Recorded from AWS: a statement of this length at this place.
  EXPECT_EQ(
      Show(StatementPositions(
          R"({"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}})")),
      "1:41-1:113 ");
}

TEST(StatementPositions, AreOfEachStatementOfAList) {
  EXPECT_EQ(Show(StatementPositions(
                "{\n \"Id\": \"Statement\",\n \"Statement\": [{\"a\": {\"b\": \"}\"}},\n"
                "  {\"\xc3\xa9\": \"\\\"{\"}\n ],\n \"Version\": \"x\"}")),
            "3:17-3:33 4:4-4:15 ");
  EXPECT_EQ(Show(StatementPositions(R"({"Statement":[{}],"Id":"x"})")), "1:16-1:17 ");
}

}  // namespace
}  // namespace sagebrush::services::iam_api
