// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/contents.h"

namespace sagebrush::objectstore::internal {

namespace {

using metastore::Row;
using metastore::Session;
using metastore::Value;

std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<std::int64_t> LastId(Session& session) {
  std::int64_t id = 0;
  RETURN_IF_ERROR(session.Query("SELECT last_insert_rowid()", {}, [&](const Row& row) {
    id = row.Int(0);
    return false;
  }));
  return id;
}

}  // namespace

Result<std::int64_t> InsertContent(Session& session, const NewContent& content) {
  const Value blob = content.blob ? Value(*content.blob) : Value(nullptr);
  const Value data = content.blob ? Value(nullptr) : Value(content.data);
  RETURN_IF_ERROR(session
                      .Execute("INSERT INTO contents (refs, size, blob, data) VALUES (1, ?, ?, ?)",
                               {Signed(content.size), blob, data})
                      .status());
  return LastId(session);
}

Result<std::int64_t> InsertPieces(Session& session, std::uint64_t size,
                                  const std::vector<Piece>& pieces) {
  RETURN_IF_ERROR(
      session
          .Execute("INSERT INTO contents (refs, size, blob, data) VALUES (1, ?, NULL, NULL)",
                   {Signed(size)})
          .status());
  ASSIGN_OR_RETURN(const std::int64_t id, LastId(session));
  for (const Piece& piece : pieces) {
    RETURN_IF_ERROR(session
                        .Execute("INSERT INTO pieces (content, number, size, piece, checksum) "
                                 "VALUES (?, ?, ?, ?, ?)",
                                 {id, std::int64_t{piece.number}, Signed(piece.size), piece.content,
                                  piece.checksum})
                        .status());
  }
  return id;
}

Status AddReference(Session& session, std::int64_t content) {
  ASSIGN_OR_RETURN(const auto changed,
                   session.Execute("UPDATE contents SET refs = refs + 1 WHERE id = ?", {content}));
  return changed == 1 ? Status::Ok()
                      : DataLoss("content " + std::to_string(content) + " is not in the index");
}

Status DropReference(Session& session, std::int64_t content, std::vector<BlobId>* unreferenced) {
  bool found = false, is_inline = false;
  std::int64_t refs = 0;
  std::optional<BlobId> blob;
  RETURN_IF_ERROR(session.Query("SELECT refs, blob, data IS NOT NULL FROM contents WHERE id = ?",
                                {content}, [&](const Row& row) {
                                  found = true;
                                  refs = row.Int(0);
                                  if (!row.IsNull(1)) blob = row.Text(1);
                                  is_inline = row.Int(2) != 0;
                                  return false;
                                }));
  if (!found) return DataLoss("content " + std::to_string(content) + " is not in the index");
  if (refs > 1)
    return session.Execute("UPDATE contents SET refs = refs - 1 WHERE id = ?", {content}).status();

  if (blob) {
    unreferenced->push_back(*blob);
  } else if (!is_inline) {
    std::vector<std::int64_t> pieces;
    RETURN_IF_ERROR(
        session.Query("SELECT piece FROM pieces WHERE content = ?", {content}, [&](const Row& row) {
          pieces.push_back(row.Int(0));
          return true;
        }));
    for (const std::int64_t piece : pieces)
      RETURN_IF_ERROR(DropReference(session, piece, unreferenced));
    RETURN_IF_ERROR(session.Execute("DELETE FROM pieces WHERE content = ?", {content}).status());
  }
  return session.Execute("DELETE FROM contents WHERE id = ?", {content}).status();
}

Result<std::vector<Piece>> LoadPieces(Session& session, std::int64_t content) {
  std::vector<Piece> pieces;
  bool found = false, has_pieces = false;
  RETURN_IF_ERROR(session.Query("SELECT size, blob, data FROM contents WHERE id = ?", {content},
                                [&](const Row& row) {
                                  found = true;
                                  has_pieces = row.IsNull(1) && row.IsNull(2);
                                  Piece piece{.number = 1,
                                              .size = static_cast<std::uint64_t>(row.Int(0)),
                                              .content = content,
                                              .blob = {},
                                              .data = {}};
                                  if (!row.IsNull(1)) piece.blob = row.Text(1);
                                  if (!row.IsNull(2)) piece.data = row.Text(2);
                                  if (!has_pieces) pieces.push_back(std::move(piece));
                                  return false;
                                }));
  if (!found) return NotFound("content " + std::to_string(content) + " is not in the index");
  if (!has_pieces) return pieces;
  RETURN_IF_ERROR(session.Query(
      "SELECT p.number, p.size, p.piece, c.blob, c.data, p.checksum FROM pieces p JOIN contents "
      "c ON c.id = p.piece "
      "WHERE p.content = ? ORDER BY p.number",
      {content}, [&](const Row& row) {
        Piece piece{.number = static_cast<int>(row.Int(0)),
                    .size = static_cast<std::uint64_t>(row.Int(1)),
                    .content = row.Int(2),
                    .checksum = std::string(row.Text(5)),
                    .blob = {},
                    .data = {}};
        if (!row.IsNull(3)) piece.blob = row.Text(3);
        if (!row.IsNull(4)) piece.data = row.Text(4);
        pieces.push_back(std::move(piece));
        return true;
      }));
  return pieces;
}

Result<bool> ContentExists(Session& session, std::int64_t content) {
  bool found = false;
  RETURN_IF_ERROR(session.Query("SELECT 1 FROM contents WHERE id = ?", {content}, [&](const Row&) {
    found = true;
    return false;
  }));
  return found;
}

Result<std::vector<BlobId>> ReferencedBlobs(Session& session) {
  std::vector<BlobId> blobs;
  RETURN_IF_ERROR(
      session.Query("SELECT blob FROM contents WHERE blob IS NOT NULL", {}, [&](const Row& row) {
        blobs.emplace_back(row.Text(0));
        return true;
      }));
  return blobs;
}

}  // namespace sagebrush::objectstore::internal
