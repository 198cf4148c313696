// SPDX-License-Identifier: Apache-2.0
// `sagebrush env --install` and `--uninstall`: what a user's own files must say so that her AWS
// clients reach the server without any variable: a profile whose credentials renew themselves, and
// where STS is. What stood there before is kept in ~/.aws/sagebrush/ with a note of what was written
// (installed.json), which is durable before the first file changes. Everything that changes is said
// on stdout.
#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"

namespace sagebrush::apps {

constexpr char kDefaultProfile[] = "sagebrush";

// kAlreadyExists where the user has a profile of that name, but for "default", whose section is kept
// aside. Once more with the same arguments changes nothing; with others it replaces the first.
Status InstallProfile(const std::filesystem::path& data_folder, const std::string& profile);
// A file that is still as we wrote it becomes what it was, byte for byte; from one that was changed
// since, only what is ours is taken out.
Status UninstallProfile();
// One JSON document of AWS's form on stdout, good for an hour.
Status PrintProcessCredentials(const std::filesystem::path& data_folder);

}  // namespace sagebrush::apps
