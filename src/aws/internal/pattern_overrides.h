// SPDX-License-Identifier: Apache-2.0
// Patterns of the models that cannot be taken as they stand, and what is matched instead. The error
// text always shows the model's own. A test compiles every pattern of every shipped model, so a new
// odd one cannot come in unseen.
#pragma once

#include <string_view>

namespace sagebrush::aws::internal {

struct PatternOverride {
  std::string_view pattern;
  std::string_view replacement;  // in PCRE2's language
};

inline constexpr PatternOverride kPatternOverrides[] = {
    // Tags of several services: a quantifier after "$", which says nothing; lengths are the shape's
    // business.
    {R"(([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,128})", R"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)"},
    {R"(([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256})", R"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)"},
    // IAM and STS policy documents: \u takes four digits, the author meant five and six.
    {R"([\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+)",
     R"([\x{9}\x{A}\x{D}\x{20}-\x{7E}\x{85}\x{A0}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]+)"},
    // Logs: a hyphen between a class and a letter, which PCRE2 takes for a broken range.
    {R"([\w-_]*)", R"([\w\-_]*)"},
};

}  // namespace sagebrush::aws::internal
