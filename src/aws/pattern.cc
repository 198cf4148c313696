// SPDX-License-Identifier: Apache-2.0
#define PCRE2_CODE_UNIT_WIDTH 8
#include "aws/pattern.h"

#include <charconv>
#include <cstdio>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include <pcre2.h>

#include "aws/internal/pattern_overrides.h"

namespace sagebrush::aws {

namespace {

// Enough for every pattern of the models on its longest allowed input, and milliseconds at worst.
constexpr std::uint32_t kMatchLimit = 500'000;
constexpr std::uint32_t kDepthLimit = 100'000;
constexpr std::uint32_t kHeapLimitKib = 16 * 1024;

struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};
using CodePtr = std::unique_ptr<pcre2_code, FreeCode>;

// Reads the four hex digits after "\u"; -1 if they are not there.
int HexAt(std::string_view text, std::size_t at) {
  int value = -1;
  if (at + 4 > text.size()) return -1;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return error == std::errc() && end == text.data() + at + 4 ? value : -1;
}

void AppendCodePoint(int value, std::string* out) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "\\x{%X}", static_cast<unsigned>(value));
  out->append(buffer);
}

struct JavaClass {
  std::string_view name;
  std::string_view ranges;  // what stands inside [...]
};
// java.util.regex.Pattern, "POSIX character classes (US-ASCII only)".
constexpr JavaClass kJavaClasses[] = {
    {"\\p{Alnum}", "a-zA-Z0-9"},
    {"\\p{Alpha}", "a-zA-Z"},
    {"\\p{Digit}", "0-9"},
    {"\\p{Lower}", "a-z"},
    {"\\p{Upper}", "A-Z"},
    {"\\p{Print}", "\\x{20}-\\x{7E}"},
    {"\\p{ASCII}", "\\x{0}-\\x{7F}"},
    {"\\p{Graph}", "\\x{21}-\\x{7E}"},
    {"\\p{Space}", "\\x{9}-\\x{D}\\x{20}"},
};

// Compiles for whole-string matching of UTF-8.
Result<CodePtr> CompilePattern(std::string_view pattern) {
  const std::string translated = TranslatePattern(pattern);
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  CodePtr code(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()), translated.size(),
                             PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
                                 PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE |
                                 PCRE2_DOLLAR_ENDONLY,
                             &error, &offset, context.get()));
  if (code == nullptr) {
    PCRE2_UCHAR message[200];
    pcre2_get_error_message(error, message, sizeof message);
    return InvalidArgument("pattern " + std::string(pattern) + " at " + std::to_string(offset) +
                           ": " + reinterpret_cast<const char*>(message));
  }
  return code;
}

}  // namespace

std::string TranslatePattern(std::string_view pattern) {
  for (const auto& row : internal::kPatternOverrides)
    if (row.pattern == pattern) return std::string(row.replacement);
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (rest[0] != '\\' || rest.size() < 2) {
      if (rest[0] == '[') {
        // A bare "[" inside a class is a union in Java and a letter in PCRE2; no model has one.
        in_class = true;
      } else if (rest[0] == ']') {
        in_class = false;
      }
      out.push_back(rest[0]);
      continue;
    }
    if (rest[1] == 'u') {
      int value = HexAt(pattern, i + 2);
      if (value >= 0) {
        i += 5;
        // Two halves of a surrogate pair are one code point.
        if (value >= 0xD800 && value < 0xDC00 && pattern.substr(i + 1, 2) == "\\u") {
          const int low = HexAt(pattern, i + 3);
          if (low >= 0xDC00 && low < 0xE000) {
            value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        AppendCodePoint(value, &out);
        continue;
      }
    }
    bool is_class = false;
    for (const auto& row : kJavaClasses) {
      if (!rest.starts_with(row.name)) continue;
      if (!in_class) out.push_back('[');
      out.append(row.ranges);
      if (!in_class) out.push_back(']');
      i += row.name.size() - 1;
      is_class = true;
      break;
    }
    if (is_class) continue;
    out.append(rest.substr(0, 2));
    ++i;
  }
  return out;
}

struct PatternCache::State {
  std::shared_mutex mutex;  // guards `codes`; the codes themselves never change
  // Keyed by the text in the tables; null: does not compile.
  std::unordered_map<std::string_view, CodePtr> codes;

  const pcre2_code* Find(std::string_view pattern) {
    {
      const std::shared_lock lock(mutex);
      if (const auto it = codes.find(pattern); it != codes.end()) return it->second.get();
    }
    auto compiled = CompilePattern(pattern);
    const std::unique_lock lock(mutex);
    // Another thread may have been faster; its code stays, since someone may be matching with it.
    return codes.try_emplace(pattern, compiled.ok() ? std::move(compiled).value() : nullptr)
        .first->second.get();
  }
};

PatternCache::PatternCache() : state_(std::make_unique<State>()) {}
PatternCache::~PatternCache() = default;

Status PatternCache::Compile(std::string_view pattern) {
  const auto compiled = CompilePattern(pattern);
  return compiled.status();
}

bool PatternCache::Matches(std::string_view pattern, std::string_view text) {
  const pcre2_code* code = state_->Find(pattern);
  if (code == nullptr) return true;
  const std::unique_ptr<pcre2_match_data, FreeData> data(pcre2_match_data_create(1, nullptr));
  const std::unique_ptr<pcre2_match_context, FreeMatchContext> context(
      pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_depth_limit(context.get(), kDepthLimit);
  pcre2_set_heap_limit(context.get(), kHeapLimitKib);
  return pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data.get(),
                     context.get()) >= 0;
}

}  // namespace sagebrush::aws
