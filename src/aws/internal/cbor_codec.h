// SPDX-License-Identifier: Apache-2.0
// CBOR bodies of rpc-v2-cbor: a byte string is a blob, tag 1 a timestamp, members go by their
// model names. What the model does not know is skipped. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "aws/internal/cbor.h"
#include "aws/schema.h"
#include "base/json.h"

namespace sagebrush::aws::internal {

// No body at all is an empty document. Errors name the member and what it is not.
Result<Json> DecodeCborBody(const Shape& shape, std::string_view body);

std::string EncodeCborBody(const Shape& shape, const Json& document);

// An error's body: its type, then its members; those the model does not know go as they are.
std::string EncodeCborError(std::string_view type, const Shape* shape, const Json& members);

}  // namespace sagebrush::aws::internal
