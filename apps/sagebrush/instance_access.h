// SPDX-License-Identifier: Apache-2.0
// What an instance may ask over its own socket, and who of those inside: its role's credentials, the cache of installed packages.
// Any thread.
#pragma once

#include <filesystem>
#include <string>

#include "apps/sagebrush/request_chain.h"
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

  // For the request chain, which this must outlive.
  InstanceDoor Door() const;

 private:
  Result<Json> CredentialsOf(const std::string& instance_id) const;
  bool MayHaveCredentials(const std::string& instance_id, const http::Request& request) const;
  bool Admits(const std::string& instance_id, const http::Request& request) const;
  bool IsTheAgent(const std::string& instance_id, const http::Request& request) const;
  void ServePackagesOf(const std::string& instance_id, http::Exchange& exchange) const;

  const Dependencies needs_;
};

}  // namespace sagebrush::apps
