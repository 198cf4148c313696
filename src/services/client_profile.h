// SPDX-License-Identifier: Apache-2.0
// What `sagebrush env --install` does to the texts of a user's files, and how it is taken back: a
// profile in ~/.aws/config, and botocore's endpoints.json with one region's STS led to the server
// (the SageMaker SDKs ask it by a name of their own making, past every setting but this one).
// The trick: our profile stands between two marker lines, so it is found again in a file that was
// edited meanwhile. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status.h"

namespace sagebrush::services {

struct ClientProfile {
  std::string name;  // "default" or another's
  std::string region;
  std::string endpoint_url;
  std::string ca_bundle;
  std::string credential_process;
};

// Letters, digits and "._-": no quoting in any file or shell.
bool IsProfileName(std::string_view name);

enum class ProfileFile {
  kConfig,      // [default], [profile work]
  kCredentials  // [default], [work]
};
bool HasProfile(std::string_view text, std::string_view name, ProfileFile file);
// Takes the profile's section out of a configuration file; `removed` gets its lines.
std::string TakeOutProfile(std::string_view text, std::string_view name, std::string* removed);

// With our block at the end.
std::string AddProfile(std::string_view text, const ClientProfile& profile);
// What stood before the block, then `in_place_of_it`, then what stood after: AddProfile undone,
// whatever else has changed since. Without a block: as it was. A block that has lost its last line
// ends where another section begins.
std::string RemoveProfile(std::string_view text, std::string_view in_place_of_it);

// A word for credential_process, which clients take apart as a shell does.
std::string QuoteWord(std::string_view word);

struct StsOverride {
  std::string text;  // the whole file
  Json previous;     // the region's entry before; null where there was none
};
// `host` is HOST:PORT; clients put https:// before it. kInvalidArgument where `endpoints` is not of
// botocore's form, kNotFound where no partition has the region.
Result<StsOverride> OverrideSts(std::string_view endpoints, const std::string& region,
                                const std::string& host);
// The entry as it was, if it still names `host`; else the text stays as it is.
Result<std::string> RestoreSts(std::string_view endpoints, const std::string& region,
                               const std::string& host, const Json& previous);

}  // namespace sagebrush::services
