// SPDX-License-Identifier: Apache-2.0
// Validation of a decoded request against its shapes, in the classic AWS texts:
//   1 validation error detected: Value 'my_job' at 'trainingJobName' failed to satisfy constraint:
//   Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}
// All violations are collected, in model order; clients match on single sentences, never on the
// order. Outputs are never validated: refusing one would hide that the state has changed already.
// One Validator serves all threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/error.h"
#include "aws/pattern.h"
#include "aws/schema.h"
#include "base/json.h"

namespace sagebrush::aws {

class Validator {
 public:
  // Nothing if the document satisfies the operation's input shape, else the protocol's validation
  // error. S3 checks what is required and nothing else: its other refusals have codes of their own,
  // which its handlers know.
  std::optional<Error> Check(const Service& service, const Operation& operation,
                             const Json& document);

  // Each violation: "Value 'x' at 'path' failed to satisfy constraint: …".
  std::vector<std::string> Violations(const Shape& shape, const Json& document);

 private:
  PatternCache patterns_;
};

}  // namespace sagebrush::aws
