// SPDX-License-Identifier: Apache-2.0
// What an instance may ask over its own socket, and who of those inside: its role's credentials, the cache of installed packages.
// Any thread.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "http/exchange.h"
#include "iam/identity.h"
#include "iam/roles.h"
#include "orchestrator/instances.h"
#include "orchestrator/package_store.h"

namespace sagebrush::apps {

class InstanceAccess {
 public:
  struct Dependencies {
    orchestrator::Instances& instances;
    const orchestrator::PackageStore& packages;
    const iam::IdentityFiles& identity;
    iam::Roles& roles;
    std::filesystem::path data_folder;
  };
  explicit InstanceAccess(Dependencies borrowed) : needs_(std::move(borrowed)) {}

  // Whether that instance is still there: its credentials end with it, not with their hour.
  bool Exists(const std::string& instance_id) const;
  // Whether this request may come out of it: one that is cut off from the network must show its agent's token.
  bool Admits(const std::string& instance_id, const http::Request& request) const;
  // Whether this request may have its credentials: without isolation everybody on the machine reaches an instance's port.
  bool MayHaveCredentials(const std::string& instance_id, const http::Request& request) const;
  // Those of its role, as the container credentials endpoint answers.
  Result<Json> CredentialsOf(const std::string& instance_id) const;
  // Answers what its agent, and nobody else inside, asks of the cache of installed packages.
  void ServePackages(const std::string& instance_id, http::Exchange& exchange) const;

 private:
  bool IsTheAgent(const std::string& instance_id, const http::Request& request) const;

  const Dependencies needs_;
};

}  // namespace sagebrush::apps
