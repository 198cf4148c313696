// SPDX-License-Identifier: Apache-2.0
// Answers of the server itself, to what no handler gets to see. Every one of them ends its connection. Pure functions.
#pragma once

#include <string>

#include "http/server.h"

namespace sagebrush::http::internal {

// In the words of options.refuse, where there is one.
std::string RefusalBytes(const ServerOptions& options, const Refusal& refusal);
// As plain text: what proxies say, and a server that nobody gave words.
std::string PlainRefusalBytes(int status, std::string_view text);

}  // namespace sagebrush::http::internal
