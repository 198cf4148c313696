// SPDX-License-Identifier: Apache-2.0
// Contents: the bytes behind objects and parts, counted by who refers to them. A content is inline data, one blob, or pieces
// (other contents, in order). Copies share a content; when its last reference goes, it goes in the same transaction, and
// the blobs it held are handed to the caller, who removes them after the commit. Functions run inside a metastore session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "metastore/database.h"
#include "objectstore/blob_store.h"

namespace sagebrush::objectstore::internal {

struct NewContent {
  std::uint64_t size = 0;
  std::optional<BlobId> blob;
  std::string data;  // if there is no blob
};

struct Piece {
  int number = 0;  // the part's number; 1 if there are no parts
  std::uint64_t size = 0;
  std::int64_t content = 0;
  std::string checksum = {};  // base64, the part's own; "" if the object's is not made of them
  std::optional<BlobId> blob;
  std::string data;
};

// Each new content has one reference: its maker's.
Result<std::int64_t> InsertContent(metastore::Session& session, const NewContent& content);
// Takes over one reference of each piece.
Result<std::int64_t> InsertPieces(metastore::Session& session, std::uint64_t size,
                                  const std::vector<Piece>& pieces);
Status AddReference(metastore::Session& session, std::int64_t content);
Status DropReference(metastore::Session& session, std::int64_t content,
                     std::vector<BlobId>* unreferenced);

// What the content consists of, in order. kNotFound if it is gone.
Result<std::vector<Piece>> LoadPieces(metastore::Session& session, std::int64_t content);
Result<bool> ContentExists(metastore::Session& session, std::int64_t content);
// Every blob that some content refers to.
Result<std::vector<BlobId>> ReferencedBlobs(metastore::Session& session);

}  // namespace sagebrush::objectstore::internal
