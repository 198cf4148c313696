// SPDX-License-Identifier: Apache-2.0
// Who may call: access keys, roles, sessions. Knows no service and no wire protocol. A session's
// credentials are self-contained: the token is sealed with the data folder's session key and holds
// the role, the session's name, the secret's seed and the end of its life. So they can be minted
// from the data folder without a running server, and nothing is stored per session. Any thread may
// call.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "metastore/record_store.h"

namespace sagebrush::iam {

struct Principal {
  enum class Kind { kRoot, kUser, kRoleSession, kService };
  Kind kind = Kind::kRoot;
  std::string account;
  // arn:aws:sts::123456789012:assumed-role/Role/SageMaker, or arn:aws:iam::123456789012:root
  std::string arn;
  std::string user_id;    // AROA…:SageMaker ; the account for root
  std::string role_name;  // of a session: without its path
  std::string session_name;
  TimePoint expires{};   // of a session
  std::string instance;  // whose session it is: it ends with that, whoever checks
  // What a session was narrowed to when it was made: it may do only what these allow too.
  std::vector<std::string> session_policies;     // texts
  std::vector<std::string> session_policy_arns;  // of managed policies
};

struct SessionCredentials {
  std::string access_key;  // ASIA…
  std::string secret_key;
  std::string session_token;
  TimePoint expires{};
};

struct SessionRequest {
  std::string role_name;  // "": a session of the root itself (GetSessionToken)
  std::string role_id;
  std::string session_name;
  std::chrono::seconds life{3600};
  std::vector<std::string> policies;
  std::vector<std::string> policy_arns;
  std::string instance = {};  // that it is for; "" for none
};

struct AccountInfo {
  std::string account = "123456789012";
  std::string region = "us-west-2";
  std::string execution_role_name;  // AmazonSageMaker-ExecutionRole-…
  std::string execution_role_id;    // AROA…
};

// Whether a text is twelve digits.
bool IsAccountId(std::string_view text);

// AWS's form of an id: four letters that say what it is, 16 or 17 random ones: AKIA (key), ASIA
// (session key), AROA (role), ANPA (policy).
std::string NewUniqueId(std::string_view prefix);

// The data folder's identity files: account.json, root-credentials (0600; INI like
// ~/.aws/credentials), session.key (0600).
class IdentityFiles {
 public:
  // Makes them durably at first start.
  static Result<std::unique_ptr<IdentityFiles>> LoadOrCreate(
      const std::filesystem::path& data_folder, const AccountInfo& wanted, const Clock& clock);
  // kNotFound with what to do when no server has ever started there.
  static Result<std::unique_ptr<IdentityFiles>> Load(const std::filesystem::path& data_folder,
                                                     const Clock& clock);
  virtual ~IdentityFiles() = default;

  virtual const AccountInfo& account() const = 0;
  virtual std::string root_access_key() const = 0;
  virtual std::string root_secret_key() const = 0;
  virtual SessionCredentials MintSession(const SessionRequest& request) const = 0;
  SessionCredentials MintSession(std::string_view role_name, std::string_view role_id,
                                 std::string_view session_name, std::chrono::seconds life) const {
    return MintSession(
        {std::string(role_name), std::string(role_id), std::string(session_name), life, {}, {}});
  }

  struct Authenticated {
    Principal principal;
    std::string secret_key;  // to check the signature with
  };
  // By access key and token; believes nothing about the signature, which the caller checks with the
  // secret. kPermissionDenied with AWS's code in front: "InvalidClientTokenId: …", "InvalidToken:
  // …", "ExpiredToken: …".
  virtual Result<Authenticated> Lookup(std::string_view access_key,
                                       std::string_view session_token) const = 0;
};

}  // namespace sagebrush::iam
