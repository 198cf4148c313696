// SPDX-License-Identifier: Apache-2.0
// What may stand in a header field (RFC 9110, 5.1 and 5.5). Pure functions.
#pragma once

#include <string_view>

namespace sagebrush::http {

// Whether the text is a token: a field's name, a method.
bool IsToken(std::string_view text);
// Whether the text may stand in a field value: no control characters but the tab.
bool IsFieldValue(std::string_view text);

}  // namespace sagebrush::http
