// SPDX-License-Identifier: Apache-2.0
// Roles and managed policies as records (kind "iam-role", "iam-policy"; scope: the account). Any
// thread may call.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/status.h"
#include "iam/identity.h"
#include "metastore/record_store.h"

namespace sagebrush::iam {

struct Role {
  std::string name;
  std::string path = "/";  // "/service-role/"
  std::string id;          // AROA…
  std::string account;
  std::string trust_policy;  // the JSON text as given
  std::string description;
  std::int64_t max_session_seconds = 3600;
  TimePoint created{};
  std::map<std::string, std::string> inline_policies;  // name → JSON text
  std::vector<std::string> attached_policies;          // ARNs
  std::map<std::string, std::string> tags;
  std::int64_t version = 0;  // of the record: Update demands that it still stands
  std::string arn() const { return "arn:aws:iam::" + account + ":role" + path + name; }
};

struct ManagedPolicy {
  std::string name, path = "/", id, account, description;
  std::string document;
  std::map<std::string, std::string> tags = {};
  TimePoint created{};
  std::string arn() const { return "arn:aws:iam::" + account + ":policy" + path + name; }
};

class Roles {
 public:
  Roles(metastore::RecordStore& records, const Clock& clock) : records_(records), clock_(clock) {}

  // The execution role of the first start, if it is not there: path /service-role/, trusted by
  // sagemaker.amazonaws.com, with an inline policy that allows everything.
  Status EnsureExecutionRole(const AccountInfo& account);

  Result<Role> Get(std::string_view account, std::string_view name);
  Result<Role> GetByArn(std::string_view arn);  // kNotFound also for what is no role ARN
  // kAlreadyExists, also for a name that differs in case alone.
  Status Create(Role role);
  Status Update(const Role& role);  // kFailedPrecondition if it was changed since it was read
  Status Delete(std::string_view account, std::string_view name);
  Result<std::vector<Role>> List(std::string_view account, std::string_view path_prefix);

  // AWS-managed ARNs (arn:aws:iam::aws:policy/…) exist too: AmazonSageMakerFullAccess,
  // AmazonS3FullAccess, AmazonS3ReadOnlyAccess, AdministratorAccess, CloudWatchLogsFullAccess.
  Result<ManagedPolicy> GetPolicy(std::string_view arn);
  Status CreatePolicy(ManagedPolicy policy);  // as Create
  Status DeletePolicy(std::string_view arn);
  Result<std::vector<ManagedPolicy>> ListPolicies(std::string_view account);

  // How often any role or policy has changed: what was read after this was fetched holds as long as it stands.
  std::uint64_t changes() const;

 private:
  metastore::RecordStore& records_;
  const Clock& clock_;
};

}  // namespace sagebrush::iam
