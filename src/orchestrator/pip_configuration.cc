// SPDX-License-Identifier: Apache-2.0
// Files and their order: pip.pypa.io, "Configuration". An option stands in [global] or, stronger, in [install]; a value may go
// on in indented lines.
#include "orchestrator/pip_configuration.h"

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::orchestrator {

namespace {

struct Option {
  const char* name;      // in files
  const char* variable;  // in the environment
  bool is_url;           // or several, between white space
};
constexpr Option kOptions[] = {
    {"index-url", "PIP_INDEX_URL", true},      {"extra-index-url", "PIP_EXTRA_INDEX_URL", true},
    {"find-links", "PIP_FIND_LINKS", true},    {"trusted-host", "PIP_TRUSTED_HOST", false},
    {"timeout", "PIP_DEFAULT_TIMEOUT", false}, {"default-timeout", "PIP_DEFAULT_TIMEOUT", false}};

const Option* FindOption(std::string_view name) {
  for (const Option& option : kOptions)
    if (name == option.name) return &option;
  return nullptr;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view line : Split(text, '\n'))
    for (const std::string_view word : Split(Trim(line), ' '))
      if (!Trim(word).empty()) words.emplace_back(Trim(word));
  return words;
}

// What one file says, by variable; [install] over [global].
std::map<std::string, std::string> ReadIni(std::string_view text) {
  std::map<std::string, std::string> global;
  std::map<std::string, std::string> install;
  std::map<std::string, std::string>* section = nullptr;
  std::string* value = nullptr;
  for (const std::string_view raw : Split(text, '\n')) {
    const std::string_view line = Trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      section = line == "[global]" ? &global : line == "[install]" ? &install : nullptr;
      value = nullptr;
      continue;
    }
    const bool goes_on = raw.front() == ' ' || raw.front() == '\t';
    if (goes_on) {
      if (value != nullptr) value->append("\n").append(line);
      continue;
    }
    const std::size_t equals = line.find_first_of("=:");
    value = nullptr;
    if (section == nullptr || equals == std::string_view::npos) continue;
    if (const Option* option = FindOption(Trim(line.substr(0, equals)))) {
      value = &(*section)[option->variable];
      *value = std::string(Trim(line.substr(equals + 1)));
    }
  }
  install.merge(global);
  return install;
}

// Why instances do not get this URL; "" if they do.
std::string Objection(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || !url.starts_with("http"))
    return "names a place on this machine";
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (authority.find('@') != std::string_view::npos)
    return "holds a password, which all users' programs could read; a job that may have it sets it "
           "in its own environment";
  const std::string_view host = authority.substr(0, authority.rfind(':'));
  if (host == "localhost" || host == "127.0.0.1" || authority.starts_with("[::1]"))
    return "names this machine's loopback, and an instance has its own";
  return "";
}

}  // namespace

PipConfiguration ReadPipConfiguration(const Lookup& environment,
                                      const std::vector<std::string>& files) {
  std::map<std::string, std::string> found;
  for (const std::string& file : files)
    for (auto& [variable, value] : ReadIni(file)) found[variable] = std::move(value);
  PipConfiguration configuration;
  for (const Option& option : kOptions) {
    std::string value = environment(option.variable);
    if (value.empty()) value = found[option.variable];
    std::vector<std::string> kept;
    for (std::string& word : Words(value)) {
      const std::string objection = option.is_url ? Objection(word) : "";
      if (objection.empty()) {
        kept.push_back(std::move(word));
      } else {
        configuration.left_out.push_back("pip in instances does not get this machine's " +
                                         std::string(option.variable) + ": it " + objection);
      }
    }
    if (!kept.empty()) configuration.variables[option.variable] = Join(kept, " ");
  }
  return configuration;
}

PipConfiguration PipConfigurationOfThisMachine(const Lookup& environment) {
  const fs::path home = environment("HOME");
  const std::string xdg = environment("XDG_CONFIG_HOME");
  std::vector<fs::path> paths = {"/etc/xdg/pip/pip.conf", "/etc/pip.conf"};
  if (!home.empty()) paths.push_back(home / ".pip/pip.conf");
  if (!xdg.empty() || !home.empty())
    paths.push_back((xdg.empty() ? home / ".config" : fs::path(xdg)) / "pip/pip.conf");
  if (const std::string given = environment("PIP_CONFIG_FILE"); !given.empty())
    paths.emplace_back(given);
  std::vector<std::string> files;
  for (const fs::path& path : paths)
    if (auto text = ReadFile(path); text.ok()) files.push_back(std::move(*text));
  return ReadPipConfiguration(environment, files);
}

}  // namespace sagebrush::orchestrator
