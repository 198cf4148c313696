// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/env_install.h"

#include <cstdio>
#include <unistd.h>

#include "apps/sagebrush/botocore_endpoints.h"
#include "apps/sagebrush/client_access.h"
#include "apps/sagebrush/user_file.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "services/client_profile.h"

namespace sagebrush::apps {

namespace {

using services::ProfileFile;

constexpr std::chrono::hours kProcessCredentialLife{1};

struct Places {
  fs::path config;
  fs::path credentials;
  fs::path endpoints;
  fs::path kept;  // the note and the copies
  fs::path note() const { return kept / "installed.json"; }
};

Result<Places> FindPlaces() {
  const auto environment = CurrentEnvironment();
  const auto home = environment.find("HOME");
  if (home == environment.end() || home->second.empty())
    return FailedPrecondition("HOME is not set, so there is no ~/.aws to write to");
  const auto named = [&](const char* variable, const char* usual) -> fs::path {
    const auto it = environment.find(variable);
    if (it == environment.end() || it->second.empty()) return fs::path(home->second) / usual;
    if (it->second.starts_with("~/")) return fs::path(home->second) / it->second.substr(2);
    return it->second;
  };
  return Places{named("AWS_CONFIG_FILE", ".aws/config"),
                named("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
                fs::path(home->second) / ".aws/models/endpoints.json",
                fs::path(home->second) / ".aws/sagebrush"};
}

struct Installation {
  Places places;
  Text note_text;
  Json note;
  UserFile config;
  UserFile endpoints;
};

// What is there now. A note names the files it is about, wherever the variables point today.
Result<Installation> Look() {
  Installation out;
  ASSIGN_OR_RETURN(out.places, FindPlaces());
  ASSIGN_OR_RETURN(out.note_text, ReadIfThere(out.places.note()));
  if (out.note_text) {
    auto parsed = Json::Parse(*out.note_text);
    if (!parsed.ok())
      return DataLoss(out.places.note().string() + " cannot be read: " + parsed.status().message() +
                      "; the copies of your files lie beside it");
    out.note = std::move(*parsed);
  }
  const Json* config = out.note.Find("config");
  const Json* endpoints = out.note.Find("endpoints");
  if (config != nullptr) out.places.config = config->GetString("path");
  const std::string removed = out.note.GetString("removed_section");
  ASSIGN_OR_RETURN(out.config, Examine(out.places.config, config, [&](const std::string& text) {
                     return services::RemoveProfile(text, removed);
                   }));
  const Json* previous = out.note.Find("sts_previous");
  ASSIGN_OR_RETURN(out.endpoints,
                   Examine(out.places.endpoints, endpoints, [&](const std::string& text) {
                     return services::RestoreSts(text, out.note.GetString("region"),
                                                 out.note.GetString("sts_host"),
                                                 previous != nullptr ? *previous : Json())
                         .value_or(text);
                   }));
  return out;
}

Status CheckProfile(const Installation& found, const std::string& profile) {
  if (!services::IsProfileName(profile))
    return InvalidArgument("a profile's name is letters, digits, '.', '_' and '-', not '" +
                           profile + "'");
  const bool is_default = profile == "default";
  if (!is_default &&
      services::HasProfile(found.config.original.value_or(""), profile, ProfileFile::kConfig))
    return AlreadyExists(found.places.config.string() + " has a profile " + profile +
                         " already; choose another name with --profile");
  ASSIGN_OR_RETURN(const Text credentials, ReadIfThere(found.places.credentials));
  if (services::HasProfile(credentials.value_or(""), profile, ProfileFile::kCredentials))
    return AlreadyExists(found.places.credentials.string() + " has keys for the profile " +
                         profile +
                         ", which clients would take instead of ours; choose another name with "
                         "--profile");
  return Status::Ok();
}

Result<std::string> CredentialProcess(const fs::path& data_folder) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return ErrnoStatus(error.value(), "cannot find this program's own file");
  return services::QuoteWord(self.string()) + " env --credential-process --data-dir " +
         services::QuoteWord(data_folder.string());
}

std::string HostOf(const std::string& address) {
  const std::size_t scheme = address.find("://");
  return scheme == std::string::npos ? address : address.substr(scheme + 3);
}

void SayWritten(const UserFile& file, const fs::path& copy, const std::string& what) {
  if (file.original) {
    std::printf("changed %s: %s\n  as it was before: %s\n", file.path.c_str(), what.c_str(),
                copy.c_str());
  } else {
    std::printf("made %s: %s\n", file.path.c_str(), what.c_str());
  }
}

}  // namespace

Status InstallProfile(const fs::path& data_folder, const std::string& profile) {
  ASSIGN_OR_RETURN(const Installation found, Look());
  RETURN_IF_ERROR(CheckProfile(found, profile));
  ASSIGN_OR_RETURN(const ClientAccess access,
                   OpenClientAccess(data_folder, services::UserEnvironment(CurrentEnvironment())));
  const std::string host = HostOf(access.address);
  ASSIGN_OR_RETURN(const std::string process, CredentialProcess(access.data_folder));

  std::string removed;
  const std::string rest =
      services::TakeOutProfile(found.config.original.value_or(""), profile, &removed);
  const std::string config = services::AddProfile(rest, {.name = profile,
                                                         .region = access.region,
                                                         .endpoint_url = access.address,
                                                         .ca_bundle = access.ca_bundle.string(),
                                                         .credential_process = process});
  const auto sts = services::OverrideSts(
      found.endpoints.original ? *found.endpoints.original : BotocoreEndpoints(), access.region,
      host);
  if (!sts.ok()) return sts.status().WithContext(found.places.endpoints.string());

  if (found.config.current == config && found.endpoints.current == sts->text) {
    std::printf("the profile %s is installed already; nothing changed\n", profile.c_str());
    return Status::Ok();
  }
  const fs::path config_copy = CopyFor(found.places.kept / "config.before", found.config.original);
  const fs::path endpoints_copy =
      CopyFor(found.places.kept / "endpoints.json.before", found.endpoints.original);
  RETURN_IF_ERROR(MakeFolders(found.places.kept, 0700));
  Json note = Json::Object({{"version", 1},
                            {"profile", profile},
                            {"removed_section", removed},
                            {"region", access.region},
                            {"sts_host", host},
                            {"sts_previous", sts->previous}});
  ASSIGN_OR_RETURN(note["config"], KeepOriginal(found.config, config_copy, config));
  ASSIGN_OR_RETURN(note["endpoints"], KeepOriginal(found.endpoints, endpoints_copy, sts->text));
  RETURN_IF_ERROR(WriteFileDurably(found.places.note(), note.DumpPretty() + "\n", 0600));
  RETURN_IF_ERROR(WriteThrough(found.places.config, config));
  RETURN_IF_ERROR(WriteThrough(found.places.endpoints, sts->text));

  SayWritten(found.config, config_copy,
             (removed.empty() ? "the profile " : "in place of yours, the profile ") + profile +
                 ", whose credentials renew themselves");
  SayWritten(found.endpoints, endpoints_copy,
             "botocore finds STS of " + access.region + " at " + host +
                 ", WHATEVER PROFILE is used: for work with AWS itself in " + access.region +
                 ", uninstall first");
  if (profile != "default") std::printf("use it: export AWS_PROFILE=%s\n", profile.c_str());
  std::puts("take it back: sagebrush env --uninstall");
  if (CurrentEnvironment().contains("AWS_ACCESS_KEY_ID"))
    std::puts("note: AWS_ACCESS_KEY_ID is set in this shell, and clients take it before a profile");
  return Status::Ok();
}

Status UninstallProfile() {
  ASSIGN_OR_RETURN(const Installation found, Look());
  if (!found.note_text) {
    std::puts("nothing is installed; nothing changed");
    return Status::Ok();
  }
  RETURN_IF_ERROR(PutBack(found.config));
  RETURN_IF_ERROR(PutBack(found.endpoints));
  if (::unlink(found.places.note().c_str()) != 0)
    return LastErrno("cannot remove " + found.places.note().string());
  if (found.config.untouched && found.endpoints.untouched) {
    RETURN_IF_ERROR(RemoveTree(found.places.kept));
  } else {
    std::printf("the files as they were before the installation stay in %s\n",
                found.places.kept.c_str());
  }
  // Only what is empty goes, and nobody misses an empty one.
  for (const fs::path& folder :
       {found.places.endpoints.parent_path(), found.places.kept.parent_path()})
    ::rmdir(folder.c_str());
  return Status::Ok();
}

Status PrintProcessCredentials(const fs::path& data_folder) {
  ASSIGN_OR_RETURN(const auto session, MintCredentials(data_folder, kProcessCredentialLife));
  const Json document = Json::Object({{"Version", 1},
                                      {"AccessKeyId", session.access_key},
                                      {"SecretAccessKey", session.secret_key},
                                      {"SessionToken", session.session_token},
                                      {"Expiration", FormatIso8601(session.expires)}});
  std::puts(document.Dump().c_str());
  return Status::Ok();
}

}  // namespace sagebrush::apps
