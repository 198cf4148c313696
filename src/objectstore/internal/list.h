// SPDX-License-Identifier: Apache-2.0
// One page of a bucket's keys, or of its multipart uploads. With a delimiter, everything under a common prefix is skipped by seeking past it: a page
// costs as many index seeks as it has prefixes, however many keys lie under them. Runs inside a metastore session.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "metastore/database.h"
#include "objectstore/object_store.h"

namespace sagebrush::objectstore::internal {

// The least string greater than all that start with `prefix`; nothing if there is none (all bytes 0xFF, or empty).
std::optional<std::string> AfterPrefix(std::string_view prefix);

Result<ListPage> ListObjects(metastore::Session& session, std::string_view bucket,
                             const ListRequest& request);
Result<MultipartPage> ListUploads(metastore::Session& session, std::string_view bucket,
                                  const ListRequest& request, std::string_view after_id);

}  // namespace sagebrush::objectstore::internal
