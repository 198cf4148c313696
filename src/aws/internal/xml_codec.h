// SPDX-License-Identifier: Apache-2.0
// XML bodies: what S3 is sent and what S3, IAM and STS answer. Names, flattened lists, attributes
// and namespaces come from the tables. pugixml parses (no DTD, no entities of its own); the writer
// is ours. Pure functions.
#pragma once

#include <string_view>

#include "aws/internal/scalar.h"
#include "aws/internal/xml_writer.h"
#include "aws/schema.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::aws::internal {

// The members of `shape` that live in the body. `root_name`, where it is not empty, is what the
// root should be called.
Result<Json> DecodeXmlBody(const Shape& shape, std::string_view root_name, std::string_view body);

// The members of a structure that live in the body, as child elements of what is open in `out`.
void EncodeXmlMembers(const Shape& shape, const Json& document, Fraction fraction, XmlWriter* out);
// The member's namespace, and the attributes that a structure's attribute members make of its document.
std::string XmlAttributesOf(const Member& member, const Json& document);

}  // namespace sagebrush::aws::internal
