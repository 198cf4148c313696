// SPDX-License-Identifier: Apache-2.0
// The private path on which agents fetch and leave installed packages: GET and PUT /_sagebrush/packages/KEY. Who may ask is the
// caller's business. Blocking; any thread.
#pragma once

#include <string>

#include "http/exchange.h"
#include "orchestrator/package_store.h"

namespace sagebrush::apps {

inline constexpr std::string_view kPackagesPath = "/_sagebrush/packages/";

void ServePackages(const orchestrator::PackageStore& store, const std::string& account,
                   http::Exchange& exchange);

}  // namespace sagebrush::apps
