// SPDX-License-Identifier: Apache-2.0
// Scalars as text: what stands in a header, a query string, a form field or an XML element, and the
// document's value for it. Documents hold timestamps as seconds since 1970 and blobs as raw bytes.
// Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "aws/schema.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::aws::internal {

// kInvalidArgument says what the text is not.
Result<Json> ScalarFromText(const Shape& shape, std::string_view text);

// A document's timestamp; kInvalidArgument where no calendar has it, which NaN and infinity are too.
Result<Json> TimestampFromSeconds(double seconds);

// Of ISO 8601 times: none, milliseconds always, or where there are some.
enum class Fraction { kNone, kMillis, kWhereAny };

// `format` is the place's own; a member or shape that names another wins.
std::string ScalarToText(const Member& member, const Json& value, TimestampFormat place,
                         Fraction fraction);

// Seconds as a JSON number, whole where it is whole, to the millisecond.
Json TimestampNumber(double seconds);

// The member of that name on the wire, or null.
const Member* FindByWireName(const Shape& shape, std::string_view wire_name);

}  // namespace sagebrush::aws::internal
