// SPDX-License-Identifier: Apache-2.0
// The index's tables (docs/formats/objects.md explains them). Names compare by bytes: that is SQLite's BINARY collation.
#pragma once

#include "metastore/database.h"

namespace sagebrush::objectstore::internal {

inline constexpr metastore::Migration kIndexMigrations[] = {
    {1, R"sql(
CREATE TABLE buckets (
  name TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, created INTEGER NOT NULL
) WITHOUT ROWID;

-- What is long stands last, so that lists do not touch it.
CREATE TABLE objects (
  bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
  storage_class TEXT NOT NULL, checksum_algorithm TEXT NOT NULL, checksum_type TEXT NOT NULL,
  part_count INTEGER NOT NULL, content INTEGER NOT NULL, checksum TEXT NOT NULL, upload_id TEXT NOT NULL,
  metadata TEXT NOT NULL, PRIMARY KEY (bucket, key)
) WITHOUT ROWID;

-- Bytes, wherever they are: in data, in a blob, or (both null) in the pieces. AUTOINCREMENT: an id never comes back.
CREATE TABLE contents (
  id INTEGER PRIMARY KEY AUTOINCREMENT, refs INTEGER NOT NULL, size INTEGER NOT NULL, blob TEXT, data BLOB
);
CREATE INDEX contents_by_blob ON contents (blob) WHERE blob IS NOT NULL;

CREATE TABLE pieces (
  content INTEGER NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, piece INTEGER NOT NULL,
  PRIMARY KEY (content, number)
) WITHOUT ROWID;

CREATE TABLE uploads (
  bucket TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, initiated INTEGER NOT NULL,
  checksum_algorithm TEXT NOT NULL, checksum_type TEXT NOT NULL, metadata TEXT NOT NULL,
  PRIMARY KEY (bucket, key, id)
) WITHOUT ROWID;

CREATE TABLE parts (
  upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, modified INTEGER NOT NULL,
  content INTEGER NOT NULL, checksum_algorithm TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (upload, number)
) WITHOUT ROWID;
)sql"},
    {2, "ALTER TABLE pieces ADD COLUMN checksum TEXT NOT NULL DEFAULT ''"},
};

}  // namespace sagebrush::objectstore::internal
