// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/backends/process/instance_folder.h"

#include <limits>
#include <set>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

std::string Line(const fs::path& file) {
  const auto text = ReadFile(file);
  return text.ok() ? std::string(Trim(*text)) : "";
}

std::optional<std::int64_t> Member(const fs::path& file, std::string_view name) {
  const auto text = ReadFile(file);
  if (!text.ok()) return std::nullopt;
  const auto json = Json::Parse(*text);
  if (!json.ok()) return std::nullopt;
  const Json* value = json->Find(name);
  return value != nullptr && value->is_number() ? std::optional(value->AsInt()) : std::nullopt;
}

// Nothing that kill() takes for a group or for everybody, also after the narrowing.
std::optional<pid_t> AsPid(const std::optional<std::int64_t>& number) {
  return number && *number > 1 && *number <= std::numeric_limits<pid_t>::max()
             ? std::optional(static_cast<pid_t>(*number))
             : std::nullopt;
}

}  // namespace

bool InstanceFolder::is_kept() const { return FileLock::IsHeld(path_ / "lock"); }

std::optional<std::int64_t> InstanceFolder::Number(const char* name) const {
  return ParseInt(Line(path_ / name));
}

std::optional<pid_t> InstanceFolder::keeper() const { return AsPid(Number("pid")); }

std::optional<pid_t> InstanceFolder::namespace_init() const {
  if (isolation() == Isolation::kNone) return std::nullopt;
  return AsPid(Member(path_ / "bwrap.json", "child-pid"));
}

std::optional<unsigned> InstanceFolder::uid() const {
  const auto number = Number("uid");
  return number && *number > 0 ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

std::optional<int> InstanceFolder::exit_code() const {
  const auto code = Member(path_ / "exit", "code");
  return code ? std::optional(static_cast<int>(*code)) : std::nullopt;
}

Isolation InstanceFolder::isolation() const {
  return Line(path_ / "isolation") == IsolationName(Isolation::kNone) ? Isolation::kNone
                                                                      : Isolation::kSandbox;
}

fs::path InstanceFolder::open_folder() const {
  const std::string noted = Line(path_ / "open-folder");
  return noted.empty() ? path_ : fs::path(noted);
}

Status InstanceFolder::Note(std::string_view name, std::string_view value) const {
  return WriteFile(path_ / name, value, 0600);
}

std::string OpenFolderPrefix(const fs::path& instances) {
  return "sagebrush-" + HexEncode(Sha256(instances.string())).substr(0, 12) + "-";
}

bool IsInstanceId(std::string_view name) {
  return name.starts_with("i-") && name.size() <= 20 && name.find('/') == std::string_view::npos;
}

Result<unsigned> LowestFreeNumber(const fs::path& instances, const char* name, unsigned first,
                                  unsigned count, const std::function<bool(unsigned)>& usable) {
  std::set<std::string> taken;
  std::error_code error;
  for (auto it = fs::directory_iterator(instances, error); !error && it != fs::directory_iterator();
       it.increment(error))
    taken.insert(Line(it->path() / name));
  for (unsigned number = first; number < first + count; ++number)
    if (!taken.contains(std::to_string(number)) && usable(number)) return number;
  return Unavailable(std::string("no free ") + name + " for another instance");
}

}  // namespace sagebrush::orchestrator
