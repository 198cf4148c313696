// SPDX-License-Identifier: Apache-2.0
// What a shell must export so that unchanged AWS clients in it reach this server: the pure part of
// `sagebrush env` and `sagebrush run`. What the user had is kept in SAGEBRUSH_SAVED_* and comes
// back with `env --unset`; entering twice starts from what she had, never from our own exports. A
// proxy of her own travels in the password for ours (http/upstream_proxy.h), and is asked for her
// tunnels.
// Pure functions; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/upstream_proxy.h"

namespace sagebrush::services {

using Environment = std::map<std::string, std::string>;

struct ClientSettings {
  std::string server_address;  // "http://127.0.0.1:7070"
  std::string region;
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::string ca_bundle;  // the path of the merged bundle
};

struct EnvironmentChange {
  std::string name;
  std::optional<std::string> value;  // absent: unset it
  bool operator==(const EnvironmentChange&) const = default;
};

// The environment as the user had it, with whatever an earlier `env` exported taken back.
Environment UserEnvironment(const Environment& current);

// How the user reaches the internet.
http::ProxySettings UserProxy(const Environment& user);

// From `current` to an environment whose clients speak to the server; sorted by name.
std::vector<EnvironmentChange> EnterEnvironment(const ClientSettings& settings,
                                                const Environment& current);
// And back.
std::vector<EnvironmentChange> LeaveEnvironment(const Environment& current);

// Lists of hosts that go past the proxy: the user's without those that would take AWS's hosts past
// ours, then our own.
std::string MergeNoProxy(std::string_view users, std::string_view server_host);

enum class ShellFormat { kSh, kFish, kJson };
Result<ShellFormat> ParseShellFormat(std::string_view name);
// Lines for `eval "$(sagebrush env …)"`, or for fish's `| source`, or one JSON object with null for
// what to unset.
std::string FormatChanges(const std::vector<EnvironmentChange>& changes, ShellFormat format);
std::string QuoteForShell(std::string_view text);

// Where the CA certificates are that the user's programs trust now: files to try, in order.
// `own_bundle` is left out.
std::vector<std::string> UserBundleCandidates(const Environment& user, std::string_view own_bundle);
// The user's bundle with our CA behind it, once.
std::string MergeBundles(std::string_view users_pem, std::string_view our_ca_pem);

}  // namespace sagebrush::services
