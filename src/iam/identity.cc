// SPDX-License-Identifier: Apache-2.0
#include "iam/identity.h"

#include <algorithm>
#include <sys/stat.h>
#include <thread>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/strings.h"

namespace sagebrush::iam {

namespace {

constexpr std::string_view kTokenUse = "sagebrush session token 1";
// Both have the same words for all services but S3, which tells them apart.
constexpr std::string_view kUnknownKey =
    "InvalidClientTokenId: The security token included in the request is invalid.";
constexpr std::string_view kInvalidToken =
    "InvalidToken: The security token included in the request is invalid.";
constexpr std::size_t kSessionKeyBytes = 32;

// Words of letters, at least two, and a number: what every ARN will say for good.
bool IsRegion(std::string_view region) {
  int dashes = 0;
  for (std::size_t i = 0; i < region.size(); ++i) {
    const char c = region[i];
    const bool is_last = i + 1 == region.size();
    if (c == '-') {
      if (i == 0 || is_last || region[i - 1] == '-') return false;
      ++dashes;
    } else if (c >= '0' && c <= '9') {
      if (dashes < 2) return false;
    } else if (c < 'a' || c > 'z') {
      return false;
    }
  }
  return dashes >= 2 && region.back() >= '0' && region.back() <= '9';
}

// Letters that AWS's ids are made of.
std::string IdLetters(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  for (const char c : bytes) out += kLetters[static_cast<unsigned char>(c) & 31];
  return out;
}

struct Paths {
  explicit Paths(const fs::path& folder)
      : account(folder / "account.json"),
        root(folder / "root-credentials"),
        key(folder / "session.key"),
        lock(folder / "identity.lock") {}
  fs::path account, root, key, lock;
};

struct RootKey {
  std::string access_key;
  std::string secret_key;
};

std::string ToIni(const RootKey& root) {
  return "# The root key of this data folder: it may do everything. For administration "
         "only.\n[default]\naws_access_key_id = " +
         root.access_key + "\naws_secret_access_key = " + root.secret_key + "\n";
}

Result<RootKey> FromIni(std::string_view text, const fs::path& path) {
  RootKey root;
  for (const std::string_view line : Split(text, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = Trim(line.substr(0, equals));
    if (name == "aws_access_key_id") root.access_key = Trim(line.substr(equals + 1));
    if (name == "aws_secret_access_key") root.secret_key = Trim(line.substr(equals + 1));
  }
  if (root.access_key.empty() || root.secret_key.empty())
    return DataLoss(path.string() + " holds no aws_access_key_id and aws_secret_access_key");
  return root;
}

void WarnIfOthersMayRead(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0)
    LogWarning("iam", "others may read " + path.string() + ", which holds secrets: chmod 600 it");
}

class Files final : public IdentityFiles {
 public:
  Files(AccountInfo account, RootKey root, std::string session_key, const Clock& clock)
      : account_(std::move(account)),
        root_(std::move(root)),
        session_key_(std::move(session_key)),
        clock_(clock) {}

  const AccountInfo& account() const override { return account_; }
  std::string root_access_key() const override { return root_.access_key; }
  std::string root_secret_key() const override { return root_.secret_key; }
  using IdentityFiles::MintSession;
  SessionCredentials MintSession(const SessionRequest& request) const override;
  Result<Authenticated> Lookup(std::string_view access_key,
                               std::string_view session_token) const override;

 private:
  // Both follow from the sealed token, so that nothing is stored and no other key goes with it.
  std::string AccessKeyOf(std::string_view sealed) const {
    return "ASIA" +
           IdLetters(HmacSha256(session_key_, "access key" + std::string(sealed)).substr(0, 16));
  }
  std::string SecretKeyOf(std::string_view sealed) const {
    return Base64Encode(
        HmacSha256(session_key_, "secret key" + std::string(sealed)).substr(0, 30));  // 40 letters
  }

  const AccountInfo account_;
  const RootKey root_;
  const std::string session_key_;
  const Clock& clock_;
};

SessionCredentials Files::MintSession(const SessionRequest& request) const {
  const TimePoint expires = std::chrono::ceil<std::chrono::seconds>(clock_.Now() + request.life);
  Json claims = Json::Object();
  claims["e"] = ToMillis(expires);
  if (!request.role_name.empty()) {
    claims["r"] = request.role_name;
    claims["i"] = request.role_id;
    claims["s"] = request.session_name;
  }
  if (!request.instance.empty()) claims["n"] = request.instance;
  for (const std::string& policy : request.policies) claims["p"].Append(policy);
  for (const std::string& arn : request.policy_arns) claims["a"].Append(arn);
  const std::string sealed = Seal(session_key_, claims.Dump(), kTokenUse);
  return {.access_key = AccessKeyOf(sealed),
          .secret_key = SecretKeyOf(sealed),
          .session_token = Base64Encode(sealed),
          .expires = expires};
}

std::vector<std::string> Texts(const Json* list) {
  std::vector<std::string> out;
  if (list == nullptr || !list->is_array()) return out;
  for (const Json& item : list->AsArray())
    if (item.is_string()) out.push_back(item.AsString());
  return out;
}

Result<IdentityFiles::Authenticated> Files::Lookup(std::string_view access_key,
                                                   std::string_view session_token) const {
  Principal principal;  // the root, until the token says otherwise
  principal.account = account_.account;
  principal.arn = "arn:aws:iam::" + account_.account + ":root";
  principal.user_id = account_.account;
  if (session_token.empty()) {
    if (!ConstantTimeEquals(access_key, root_.access_key))
      return PermissionDenied(std::string(kUnknownKey));
    return Authenticated{.principal = std::move(principal), .secret_key = root_.secret_key};
  }

  const Status invalid = PermissionDenied(std::string(kInvalidToken));
  const auto sealed = Base64Decode(session_token);
  if (!sealed.ok()) return invalid;
  const auto plain = Open(session_key_, *sealed, kTokenUse);
  if (!plain.ok() || !ConstantTimeEquals(access_key, AccessKeyOf(*sealed))) return invalid;
  const auto claims = Json::Parse(*plain);
  if (!claims.ok()) return invalid;

  const TimePoint expires = FromMillis(claims->GetInt("e"));
  if (clock_.Now() >= expires)
    return PermissionDenied("ExpiredToken: The security token included in the request is expired");
  if (claims->Has("r")) {
    principal.kind = Principal::Kind::kRoleSession;
    principal.role_name = claims->GetString("r");
    principal.session_name = claims->GetString("s");
    principal.arn = "arn:aws:sts::" + account_.account + ":assumed-role/" + principal.role_name +
                    "/" + principal.session_name;
    principal.user_id = claims->GetString("i") + ":" + principal.session_name;
  }
  principal.expires = expires;
  principal.instance = claims->GetString("n");
  principal.session_policies = Texts(claims->Find("p"));
  principal.session_policy_arns = Texts(claims->Find("a"));
  return Authenticated{.principal = std::move(principal), .secret_key = SecretKeyOf(*sealed)};
}

// Two processes may start at once in a fresh folder: the second waits for the first, which takes
// milliseconds.
Result<FileLock> WaitForLock(const fs::path& path) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (true) {
    auto lock = FileLock::Acquire(path);
    if (lock.ok() || lock.status().code() != Code::kFailedPrecondition ||
        std::chrono::steady_clock::now() >= deadline)
      return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<std::unique_ptr<IdentityFiles>> Read(const Paths& paths, const Clock& clock) {
  ASSIGN_OR_RETURN(const std::string account_text, ReadFile(paths.account));
  const auto json = Json::Parse(account_text);
  if (!json.ok())
    return DataLoss(paths.account.string() + " is damaged: " + json.status().message());
  AccountInfo account;
  account.account = json->GetString("account");
  account.region = json->GetString("region");
  account.execution_role_name = json->GetString("executionRoleName");
  account.execution_role_id = json->GetString("executionRoleId");
  if (json->GetInt("version") != 1)
    return FailedPrecondition(
        paths.account.string() +
        " was written by another version of sagebrush, which this one cannot read");
  if (!IsAccountId(account.account) || account.region.empty() ||
      account.execution_role_name.empty() || account.execution_role_id.empty())
    return DataLoss(paths.account.string() + " lacks account, region or execution role");

  ASSIGN_OR_RETURN(const std::string root_text, ReadFile(paths.root));
  ASSIGN_OR_RETURN(RootKey root, FromIni(root_text, paths.root));
  ASSIGN_OR_RETURN(std::string key, ReadFile(paths.key));
  if (key.size() != kSessionKeyBytes)
    return DataLoss(paths.key.string() + " is not a key of 32 bytes");
  WarnIfOthersMayRead(paths.root);
  WarnIfOthersMayRead(paths.key);
  return std::unique_ptr<IdentityFiles>(
      std::make_unique<Files>(std::move(account), std::move(root), std::move(key), clock));
}

bool Exists(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at will fail to be read, with a better message
  return fs::exists(path, ignored);
}

}  // namespace

bool IsAccountId(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string NewUniqueId(std::string_view prefix) {
  const std::size_t letters = prefix.starts_with("AKIA") || prefix.starts_with("ASIA") ? 16 : 17;
  return std::string(prefix) + IdLetters(RandomBytes(letters));
}

Result<std::unique_ptr<IdentityFiles>> IdentityFiles::LoadOrCreate(const fs::path& data_folder,
                                                                   const AccountInfo& wanted,
                                                                   const Clock& clock) {
  if (!IsAccountId(wanted.account))
    return InvalidArgument("an account id has 12 digits, '" + wanted.account + "' is none");
  if (!IsRegion(wanted.region))
    return InvalidArgument("a region is named as us-west-2 is, '" + wanted.region + "' is none");
  RETURN_IF_ERROR(MakeFoldersDurably(data_folder, 0700));
  const Paths paths(data_folder);
  ASSIGN_OR_RETURN(const FileLock lock, WaitForLock(paths.lock));
  if (Exists(paths.account)) return Read(paths, clock);

  // account.json comes last: where it stands, the others do. A crash before it leaves files that
  // the next start keeps.
  if (!Exists(paths.key))
    RETURN_IF_ERROR(WriteFileDurably(paths.key, RandomBytes(kSessionKeyBytes), 0600));
  if (!Exists(paths.root)) {
    const RootKey root{NewUniqueId("AKIA"), Base64Encode(RandomBytes(30))};
    RETURN_IF_ERROR(WriteFileDurably(paths.root, ToIni(root), 0600));
  }
  Json json = Json::Object();
  json["version"] = 1;
  json["account"] = wanted.account;
  json["region"] = wanted.region;
  json["executionRoleName"] =
      wanted.execution_role_name.empty()
          ? "AmazonSageMaker-ExecutionRole-" + FormatBasic(clock.Now()).substr(0, 15)
          : wanted.execution_role_name;
  json["executionRoleId"] =
      wanted.execution_role_id.empty() ? NewUniqueId("AROA") : wanted.execution_role_id;
  RETURN_IF_ERROR(WriteFileDurably(paths.account, json.DumpPretty() + "\n", 0644));
  return Read(paths, clock);
}

Result<std::unique_ptr<IdentityFiles>> IdentityFiles::Load(const fs::path& data_folder,
                                                           const Clock& clock) {
  const Paths paths(data_folder);
  if (!Exists(paths.account))
    return NotFound("no server has ever started with the data folder " + data_folder.string() +
                    "; start one with: sagebrush server --data-dir " + data_folder.string());
  return Read(paths, clock);
}

}  // namespace sagebrush::iam
