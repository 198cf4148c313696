// SPDX-License-Identifier: Apache-2.0
// What the tests of the vectors share: the cases with their tables, the list of exceptions, and
// comparing documents as the vectors mean them. For tests only; one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/schema.h"
#include "base/json.h"

namespace sagebrush::aws {

struct VectorCase {
  std::string name;  // "input/json.json 3.0 AwsJson11Lists"
  const Service* service = nullptr;
  const Operation* operation = nullptr;
  Json json;
};

// The cases of all files below `folder` ("input", "output"), the older ones in legacy/ too.
std::vector<VectorCase> CasesOf(std::string_view folder);

// Runs `check` on each and fails for what it returns, unless exceptions.txt names the case; fails as
// well for an exception that passes, and for one that no case has. Empty: passed.
void ExpectAll(const std::vector<VectorCase>& cases,
               const std::function<std::string(const VectorCase&)>& check);
void ExpectAll(const std::vector<std::string>& names,
               const std::function<std::string(const std::string&)>& check);

// A vector's value as a document: "NaN" and "Infinity" become numbers where the shape has one, nulls
// go.
Json DocumentOf(const Shape& shape, const Json& value);

// Where two documents differ, as text; numbers are equal whatever their type, NaN equals NaN, the
// order of members says nothing. Empty: nowhere.
std::string Difference(const Json& expected, const Json& actual);

std::string Base64Text(const Json& value);        // of a base64 string
std::string ReadVector(const std::string& path);  // below the unpacked archive

}  // namespace sagebrush::aws
