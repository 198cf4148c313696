// SPDX-License-Identifier: Apache-2.0
// The services of botocore's protocol test cases, as tables (codegen/vectors.py). Constant data.
#pragma once

#include <span>
#include <string_view>

#include "aws/schema.h"

namespace sagebrush::aws {

struct VectorSuite {
  std::string_view file;   // "input/json.json", below the cases' folder
  int number;              // in the file
  const Service* service;  // one operation a case, in the cases' order
};

std::span<const VectorSuite> VectorSuites();

}  // namespace sagebrush::aws
