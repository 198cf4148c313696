// SPDX-License-Identifier: Apache-2.0
#include "services/client_environment.h"

#include <algorithm>

#include "aws/aws_host.h"
#include "base/json.h"
#include "base/strings.h"
#include "http/authority.h"

namespace sagebrush::services {

namespace {

constexpr std::string_view kSavedPrefix = "SAGEBRUSH_SAVED_";
constexpr std::string_view kActive =
    "SAGEBRUSH_ENV";  // names what we exported, so that leaving needs no list of its own

std::string Find(const Environment& environment, const std::string& name) {
  const auto it = environment.find(name);
  return it == environment.end() ? std::string() : it->second;
}

// "http://127.0.0.1:7070/" is 127.0.0.1:7070.
std::string_view AuthorityOf(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos)
    url.remove_prefix(at + 1);
  return url;
}

std::string HostOf(std::string_view url) {
  constexpr int kDefaultPort = 80;
  const auto authority = http::ParseAuthority(AuthorityOf(url), kDefaultPort);
  return authority ? authority->host : "";
}

// These would lead a client elsewhere, or to other credentials than ours.
bool MisleadsClients(const std::string& name) {
  constexpr std::string_view kNames[] = {"AWS_PROFILE",
                                         "AWS_DEFAULT_PROFILE",
                                         "AWS_CREDENTIAL_EXPIRATION",
                                         "AWS_SECURITY_TOKEN",
                                         "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                         "AWS_USE_FIPS_ENDPOINT",
                                         "AWS_USE_DUALSTACK_ENDPOINT"};
  return std::ranges::find(kNames, name) != std::end(kNames) ||
         name.starts_with("AWS_ENDPOINT_URL_");
}

std::vector<EnvironmentChange> Difference(const Environment& from, const Environment& to) {
  std::map<std::string, std::optional<std::string>> changes;
  for (const auto& [name, value] : from)
    if (!to.contains(name)) changes[name] = std::nullopt;
  for (const auto& [name, value] : to) {
    const auto old = from.find(name);
    if (old == from.end() || old->second != value) changes[name] = value;
  }
  std::vector<EnvironmentChange> out;
  for (auto& [name, value] : changes) out.push_back({name, value});
  return out;
}

Environment Ours(const ClientSettings& settings, const Environment& user) {
  Environment ours;
  ours["AWS_ENDPOINT_URL"] = settings.server_address;
  ours["AWS_DEFAULT_REGION"] = ours["AWS_REGION"] = settings.region;
  ours["AWS_ACCESS_KEY_ID"] = settings.access_key;
  ours["AWS_SECRET_ACCESS_KEY"] = settings.secret_key;
  ours["AWS_SESSION_TOKEN"] = settings.session_token;
  for (const char* name : {"AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE",
                           "NODE_EXTRA_CA_CERTS"})
    ours[name] = settings.ca_bundle;
  // HTTP_PROXY stays the user's: the server ends TLS for AWS's hosts, and nothing of AWS's is asked
  // for over plain HTTP.
  std::string proxy = settings.server_address;
  const http::ProxySettings users = UserProxy(user);
  if (http::ParseUpstreamProxy(users.url).ok() &&
      AuthorityOf(users.url) != AuthorityOf(settings.server_address))
    proxy.insert(proxy.find("://") + 3, http::UserInfoFor(users) + "@");
  ours["HTTPS_PROXY"] = ours["https_proxy"] = proxy;
  const std::string no_proxy = Find(user, "NO_PROXY") + "," + Find(user, "no_proxy");
  ours["NO_PROXY"] = ours["no_proxy"] = MergeNoProxy(no_proxy, HostOf(settings.server_address));
  return ours;
}

std::string QuoteForFish(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

bool IsShellName(std::string_view name) {
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

}  // namespace

Environment UserEnvironment(const Environment& current) {
  Environment user = current;
  const std::string exported = Find(current, std::string(kActive));
  if (exported.empty()) return user;
  for (const std::string_view name : Split(exported, ',')) user.erase(std::string(name));
  user.erase(std::string(kActive));
  for (const auto& [name, value] : current) {
    if (!name.starts_with(kSavedPrefix)) continue;
    user.erase(name);
    user[name.substr(kSavedPrefix.size())] = value;
  }
  return user;
}

std::vector<EnvironmentChange> EnterEnvironment(const ClientSettings& settings,
                                                const Environment& current) {
  const Environment user = UserEnvironment(current);
  const Environment ours = Ours(settings, user);
  Environment target = user;
  std::vector<std::string> names;
  const auto save = [&](const std::string& name, const std::string& value) {
    target[std::string(kSavedPrefix) + name] = value;
  };

  for (const auto& [name, value] : user) {
    if (!MisleadsClients(name)) continue;
    target.erase(name);
    save(name, value);
  }
  for (const auto& [name, value] : ours) {
    if (const auto old = user.find(name); old != user.end()) save(name, old->second);
    target[name] = value;
    names.push_back(name);
  }
  target[std::string(kActive)] = Join(names, ",");
  return Difference(current, target);
}

std::vector<EnvironmentChange> LeaveEnvironment(const Environment& current) {
  return Difference(current, UserEnvironment(current));
}

http::ProxySettings UserProxy(const Environment& user) {
  // curl and Python prefer the lower-case form.
  const auto first = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (std::string value = Find(user, name); !value.empty()) return value;
    return std::string();
  };
  return {first({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
          first({"no_proxy", "NO_PROXY"})};
}

std::string MergeNoProxy(std::string_view users, std::string_view server_host) {
  constexpr std::string_view kAwsHost = "sts.us-west-2.amazonaws.com";
  std::vector<std::string> merged;
  const auto add = [&](std::string_view host) {
    if (!host.empty() && std::ranges::find(merged, host) == merged.end()) merged.emplace_back(host);
  };
  for (const std::string_view raw : Split(users, ',')) {
    const std::string_view entry = Trim(raw);
    std::string_view suffix = entry;
    while (suffix.starts_with('*') || suffix.starts_with('.')) suffix.remove_prefix(1);
    // "*", ".com" and ".amazonaws.com" would take AWS's own hosts past us, to the real ones.
    const bool hides_aws =
        suffix.empty() || aws::IsAwsHost(suffix) || http::GoesPastProxy(entry, kAwsHost, 443);
    if (!hides_aws) add(entry);
  }
  add("localhost");
  add("127.0.0.1");
  add(server_host);
  return Join(merged, ",");
}

Result<ShellFormat> ParseShellFormat(std::string_view name) {
  if (name == "sh" || name == "bash" || name == "zsh") return ShellFormat::kSh;
  if (name == "fish") return ShellFormat::kFish;
  if (name == "json") return ShellFormat::kJson;
  return InvalidArgument("unknown format '" + std::string(name) + "': sh, fish or json");
}

std::string QuoteForShell(std::string_view text) {
  return "'" + ReplaceAll(std::string(text), "'", "'\\''") + "'";
}

std::string FormatChanges(const std::vector<EnvironmentChange>& changes, ShellFormat format) {
  if (format == ShellFormat::kJson) {
    Json out = Json::Object();
    for (const auto& [name, value] : changes) out[name] = value ? Json(*value) : Json();
    return out.DumpPretty() + "\n";
  }
  std::string out;
  for (const auto& [name, value] : changes) {
    if (!IsShellName(name)) continue;  // no shell could hold it
    if (format == ShellFormat::kFish) {
      out +=
          value ? "set -gx " + name + " " + QuoteForFish(*value) + "\n" : "set -e " + name + "\n";
    } else {
      out += value ? "export " + name + "=" + QuoteForShell(*value) + "\n" : "unset " + name + "\n";
    }
  }
  return out;
}

std::vector<std::string> UserBundleCandidates(const Environment& user,
                                              std::string_view own_bundle) {
  std::vector<std::string> out;
  for (const char* name :
       {"AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"}) {
    std::string path = Find(user, name);
    if (!path.empty() && path != own_bundle) out.push_back(std::move(path));
  }
  out.emplace_back("/etc/ssl/certs/ca-certificates.crt");  // Debian, Ubuntu, Alpine
  out.emplace_back("/etc/pki/tls/certs/ca-bundle.crt");    // Fedora, RHEL
  out.emplace_back("/etc/ssl/cert.pem");
  return out;
}

std::string MergeBundles(std::string_view users_pem, std::string_view our_ca_pem) {
  const std::string_view ours = Trim(our_ca_pem);
  std::string out(users_pem);
  if (!ours.empty() && out.find(ours) != std::string::npos) return out;
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out.append(ours).append("\n");
}

}  // namespace sagebrush::services
