// SPDX-License-Identifier: Apache-2.0
#include "serving/request_body.h"

#include <gtest/gtest.h>

namespace sagebrush::serving {
namespace {

std::string FromJson(std::string body) { return ToPredictJson(BodyKind::kJson, std::move(body)); }
std::string FromCsv(std::string body) { return ToPredictJson(BodyKind::kCsv, std::move(body)); }

TEST(RequestBody, ContentTypesOfTheContainerAreKnown) {
  EXPECT_EQ(BodyKindOf(""), BodyKind::kJson);
  EXPECT_EQ(BodyKindOf("application/json; charset=utf-8"), BodyKind::kJson);
  EXPECT_EQ(BodyKindOf("Application/JSONLines"), BodyKind::kJson);
  EXPECT_EQ(BodyKindOf("application/jsons"), BodyKind::kJson);
  EXPECT_EQ(BodyKindOf("text/csv"), BodyKind::kCsv);
  EXPECT_EQ(BodyKindOf("application/x-npy"), std::nullopt);
}

TEST(RequestBody, PredictRequestsStayAsTheyAre) {
  for (const char* body : {R"({"instances": [1]})", R"({"a": 1, "inputs" : 2})",
                           R"({"examples":[]})", R"({"x": "\"instances\"", "inputs":1})"}) {
    EXPECT_EQ(FromJson(body), body);
  }
}

TEST(RequestBody, BareValuesBecomeOneRow) {
  EXPECT_EQ(FromJson("[1,2]"), R"({"instances":[[1,2]]})");
  EXPECT_EQ(FromJson("7"), R"({"instances":[7]})");
  EXPECT_EQ(FromJson(R"({"a": 1})"), R"({"instances":[{"a": 1}]})");
  EXPECT_EQ(FromJson(R"("instances")"), R"({"instances":["instances"]})");
}

TEST(RequestBody, ListsOfListsAreRows) {
  EXPECT_EQ(FromJson(" [ [1],[2] ]"), R"({"instances": [ [1],[2] ]})");
}

TEST(RequestBody, JsonLinesAreRows) {
  EXPECT_EQ(FromJson("{\"a\":1}\r\n{\"a\":2}\n"), R"({"instances":[{"a":1},{"a":2}]})");
  EXPECT_EQ(FromJson("[1,2]\n\n[3,4]"), R"({"instances":[[1,2],[3,4]]})");
}

TEST(RequestBody, CsvLinesAreRowsOfNumbersOrText) {
  EXPECT_EQ(FromCsv("1,2\n3,4\n"), R"({"instances":[[1,2],[3,4]]})");
  EXPECT_EQ(FromCsv("-1\n2"), R"({"instances":[-1,2]})");
  EXPECT_EQ(FromCsv("\"a\",\"b\"\n"), R"({"instances":[["a","b"]]})");
  EXPECT_EQ(FromCsv("a,b\"c,d\n"), R"({"instances":[["a","b\"c","d"]]})");
  EXPECT_EQ(FromCsv(""), R"({"instances":[]})");
}

}  // namespace
}  // namespace sagebrush::serving
