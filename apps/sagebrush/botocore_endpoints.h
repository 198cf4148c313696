// SPDX-License-Identifier: Apache-2.0
// The endpoints.json of the pinned botocore, as codegen/endpoints.py packs it into the program.
#pragma once

#include <cstddef>
#include <string>

namespace sagebrush::apps {

extern const unsigned char kDeflatedEndpoints[];
extern const std::size_t kDeflatedEndpointsSize;
extern const std::size_t kEndpointsSize;

std::string BotocoreEndpoints();

}  // namespace sagebrush::apps
