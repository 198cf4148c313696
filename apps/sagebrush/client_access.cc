// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/client_access.h"

#include <cstdio>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

extern char** environ;

namespace sagebrush::apps {

namespace {

// get_execution_role() of the SDKs turns assumed-role/AmazonSageMaker-ExecutionRole-…/SageMaker
// back into the role.
constexpr char kSessionName[] = "SageMaker";

Result<std::string> ServerAddress(const fs::path& data_folder) {
  const std::string start = "start one with: sagebrush server --data-dir " + data_folder.string();
  const auto text = ReadFile(data_folder / "server.json");
  if (!text.ok())
    return FailedPrecondition("no server runs with the data folder " + data_folder.string() + "; " +
                              start);
  const auto json = Json::Parse(*text);
  const std::string address = json.ok() ? json->GetString("address") : "";
  if (address.empty())
    return DataLoss((data_folder / "server.json").string() +
                    " names no address; restart the server");
  if (!FileLock::IsHeld(data_folder / "lock"))
    std::fprintf(stderr, "sagebrush: the server of %s has stopped; %s\n", data_folder.c_str(),
                 start.c_str());
  return address;
}

// The first of the user's bundles that can be read, what Node.js trusts beside its own, and our CA
// behind them.
Status WriteBundle(const fs::path& data_folder, const services::Environment& user,
                   const fs::path& bundle) {
  ASSIGN_OR_RETURN(const std::string ca, ReadFile(data_folder / "ca" / "ca.pem"));
  std::string users;
  for (const std::string& candidate : services::UserBundleCandidates(user, bundle.string())) {
    auto text = ReadFile(candidate);
    if (!text.ok() || text->empty())
      continue;  // a folder of certificates, or not there: the next one
    users = std::move(text).value();
    break;
  }
  if (const auto extra = user.find("NODE_EXTRA_CA_CERTS");
      extra != user.end() && extra->second != bundle)
    if (const auto text = ReadFile(extra->second); text.ok())
      users = services::MergeBundles(users, *text);
  const std::string merged = services::MergeBundles(users, ca);
  if (const auto old = ReadFile(bundle); old.ok() && *old == merged) return Status::Ok();
  RETURN_IF_ERROR(MakeFolders(bundle.parent_path()));
  return WriteFileDurably(bundle, merged);
}

}  // namespace

services::Environment CurrentEnvironment() {
  services::Environment out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

Result<ClientAccess> OpenClientAccess(const fs::path& data_folder,
                                      const services::Environment& user) {
  std::error_code error;
  ClientAccess access;
  access.data_folder = fs::absolute(data_folder, error);  // it must hold in any folder
  if (error) return ErrnoStatus(error.value(), "cannot find " + data_folder.string());
  ASSIGN_OR_RETURN(const auto identity,
                   iam::IdentityFiles::Load(access.data_folder, Clock::System()));
  access.region = identity->account().region;
  ASSIGN_OR_RETURN(access.address, ServerAddress(access.data_folder));
  access.ca_bundle = access.data_folder / "client" / "ca-bundle.pem";
  RETURN_IF_ERROR(WriteBundle(access.data_folder, user, access.ca_bundle));
  return access;
}

Result<iam::SessionCredentials> MintCredentials(const fs::path& data_folder,
                                                std::chrono::seconds life) {
  ASSIGN_OR_RETURN(const auto identity, iam::IdentityFiles::Load(data_folder, Clock::System()));
  const auto& account = identity->account();
  return identity->MintSession(account.execution_role_name, account.execution_role_id, kSessionName,
                               life);
}

}  // namespace sagebrush::apps
