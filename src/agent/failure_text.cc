// SPDX-License-Identifier: Apache-2.0
#include "agent/failure_text.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <signal.h>

#include "agent/line_splitter.h"
#include "base/strings.h"

namespace sagebrush::agent {
namespace {

constexpr std::string_view kTraceback = "Traceback (most recent call last):";
constexpr std::size_t kPlainLines =
    10;  // how many last lines tell enough where there is no traceback
constexpr std::size_t kMaxCommandCharacters = 300;

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::string_view LastCharacters(std::string_view text, std::size_t count) {
  std::size_t at = text.size();
  for (std::size_t seen = 0; at > 0 && seen < count; --at) {
    if (BeginsCharacter(text[at - 1])) ++seen;
  }
  return text.substr(at);
}

// The last traceback and what follows it, or the last few lines.
std::string Reason(const std::vector<std::string>& lines) {
  auto begin = lines.end();
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    if (line->find(kTraceback) != std::string::npos) begin = line;
  }
  if (begin == lines.end()) {
    begin = lines.size() > kPlainLines ? lines.end() - static_cast<std::ptrdiff_t>(kPlainLines)
                                       : lines.begin();
  }
  return std::string(Trim(Join({begin, lines.end()}, "\n")));
}

std::string ReadableText(std::string_view raw) {
  std::vector<std::string> lines;
  for (const std::string_view line : Split(raw, '\n')) lines.push_back(ReadableLine(line));
  return std::string(Trim(Join(lines, "\n")));
}

std::string OutOfMemory(std::uint64_t limit) {
  return fmt::format(
      "OutOfMemoryError: The job used more than the {} MiB of memory it has. Please use an "
      "instance type with more memory, or "
      "reduce the size of job data processed on an instance.",
      limit >> 20);
}

}  // namespace

std::string KeepEnds(std::string_view text, std::size_t limit, std::size_t keep_front) {
  const std::size_t length = CodePoints(text);
  if (length <= limit) return std::string(text);
  constexpr std::string_view kGap = "\n ... \n";
  if (limit <= kGap.size()) return std::string(LastCharacters(text, limit));
  keep_front = std::min(keep_front, limit - kGap.size());
  return fmt::format("{}{}{}", FirstCharacters(text, keep_front), kGap,
                     LastCharacters(text, limit - kGap.size() - keep_front));
}

std::string AlgorithmError(const Ending& ending) {
  const std::string tail = fmt::format(", exit code: {}", ending.exit.code);
  std::string head = "AlgorithmError: ";
  std::string text;
  std::size_t keep_front = 0;
  if (ending.exceeded_memory_bytes > 0) {
    text = OutOfMemory(ending.exceeded_memory_bytes);
  } else if (const std::string written = ReadableText(ending.failure_file); !written.empty()) {
    text = written;
  } else {
    text = Reason(ending.last_lines);
    if (text.find(kTraceback) == 0) keep_front = kTraceback.size();
    if (!ending.script_command.empty()) {
      head +=
          fmt::format("ExecuteUserScriptError:\nCommand \"{}\"\n",
                      KeepEnds(ReadableText(ending.script_command), kMaxCommandCharacters, 200));
    }
    if (ending.exit.signal != 0) {
      head += fmt::format("the program was ended by signal {} ({})\n", ending.exit.signal,
                          ::strsignal(ending.exit.signal));
    }
  }
  const std::size_t used = CodePoints(head) + CodePoints(tail);
  return head + KeepEnds(text, kMaxFailureCharacters - used, keep_front) + tail;
}

}  // namespace sagebrush::agent
