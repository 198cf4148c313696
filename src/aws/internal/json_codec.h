// SPDX-License-Identifier: Apache-2.0
// JSON bodies of json 1.0/1.1 and rest-json: names on the wire to model names and back, types
// checked, blobs out of base64, timestamps to seconds. What the model does not know is left out.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "aws/error.h"
#include "aws/schema.h"
#include "base/json.h"

namespace sagebrush::aws::internal {

// Errors carry the words of AWS's own JSON reader ("NUMBER_VALUE can not be converted to a
// String").
Result<Json> DecodeJsonBody(const Shape& shape, std::string_view body);
Result<Json> DecodeJsonValue(const Shape& shape, const Json& wire);

// Written at the end of *out, without a document in between. Members with a location other than the
// body are left out; a value that is not of its shape's type is written as it is.
void AppendJsonValue(const Member& member, const Json& value, std::string* out);
void AppendJsonStructure(const Shape& shape, const Json& document, std::string* out);

}  // namespace sagebrush::aws::internal
