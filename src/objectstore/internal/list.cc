// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/list.h"

#include "objectstore/internal/rows.h"

namespace sagebrush::objectstore::internal {

namespace {

using metastore::Row;
using metastore::Session;

constexpr char kAfterAllIds[] = "~";  // ids are letters and digits

// Where the next seek lands.
struct Cursor {
  std::string key;
  bool is_inclusive = true;
};

ObjectInfo InfoOf(const Row& row) {
  ObjectInfo info;
  info.key = row.Text(0);
  info.size = static_cast<std::uint64_t>(row.Int(1));
  info.etag = row.Text(2);
  info.modified = FromMillis(row.Int(3));
  info.metadata.storage_class = row.Text(4);
  info.checksum.algorithm = row.Text(5);
  info.checksum.type = row.Text(6);
  info.part_count = static_cast<int>(row.Int(7));
  return info;
}

MultipartInfo UploadOf(const Row& row) {
  return {std::string(row.Text(0)),    std::string(row.Text(1)), FromMillis(row.Int(2)),
          DecodeMetadata(row.Text(5)), std::string(row.Text(3)), std::string(row.Text(4))};
}

// The common prefix that `key` (which starts with the request's prefix) belongs to; empty if none.
std::string_view CommonPrefix(std::string_view key, const ListRequest& request) {
  if (request.delimiter.empty()) return {};
  const auto at = key.find(request.delimiter, request.prefix.size());
  return at == std::string_view::npos ? std::string_view()
                                      : key.substr(0, at + request.delimiter.size());
}

// Nothing: the page is empty.
std::optional<Cursor> Start(const ListRequest& request) {
  if (request.start_after.empty() || request.start_after < request.prefix)
    return Cursor{request.prefix, true};
  if (request.start_after.starts_with(request.prefix) &&
      CommonPrefix(request.start_after, request) == request.start_after) {
    auto next = AfterPrefix(request.start_after);
    if (!next) return std::nullopt;
    return Cursor{*std::move(next), true};
  }
  return Cursor{request.start_after, false};
}

// Fills a page. `query` runs over rows from a cursor on, in order, keys first; `take` adds one that lies under no common prefix.
template <typename Page, typename Query, typename Take>
Status Fill(const ListRequest& request, const Query& query, const Take& take, Page* page) {
  if (request.max_keys <= 0) return Status::Ok();
  int given = 0;
  std::optional<Cursor> cursor = Start(request);
  while (cursor && !page->truncated) {
    std::optional<Cursor> next;
    RETURN_IF_ERROR(query(*cursor, [&](const Row& row) {
      const std::string_view key = row.Text(0);
      if (!key.starts_with(request.prefix)) return false;  // past the end
      if (given == request.max_keys) {
        page->truncated = true;
        return false;
      }
      ++given;
      const std::string_view prefix = CommonPrefix(key, request);
      page->last = prefix.empty() ? key : prefix;
      if (prefix.empty()) {
        take(row);
        return true;
      }
      page->common_prefixes.emplace_back(prefix);
      if (auto after = AfterPrefix(prefix)) next = Cursor{*std::move(after), true};
      return false;
    }));
    cursor = std::move(next);
  }
  return Status::Ok();
}

}  // namespace

std::optional<std::string> AfterPrefix(std::string_view prefix) {
  std::string after(prefix);
  while (!after.empty() && static_cast<unsigned char>(after.back()) == 0xFF) after.pop_back();
  if (after.empty()) return std::nullopt;
  after.back() = static_cast<char>(static_cast<unsigned char>(after.back()) + 1);
  return after;
}

Result<ListPage> ListObjects(Session& session, std::string_view bucket,
                             const ListRequest& request) {
  RETURN_IF_ERROR(RequireBucket(session, bucket));
  ListPage page;
  const auto query = [&](const Cursor& from, const auto& on_row) {
    const std::string sql =
        "SELECT key, size, etag, modified, storage_class, checksum_algorithm, checksum_type, "
        "part_count FROM objects WHERE bucket = ? AND key " +
        std::string(from.is_inclusive ? ">=" : ">") + " ? ORDER BY key";
    return session.Query(sql, {std::string(bucket), from.key}, on_row);
  };
  const auto take = [&](const Row& row) { page.objects.push_back(InfoOf(row)); };
  RETURN_IF_ERROR(Fill(request, query, take, &page));
  return page;
}

Result<MultipartPage> ListUploads(Session& session, std::string_view bucket,
                                  const ListRequest& request, std::string_view after_id) {
  RETURN_IF_ERROR(RequireBucket(session, bucket));
  MultipartPage page;
  const auto query = [&](const Cursor& from, const auto& on_row) {
    std::string id;  // before all of the key's
    if (!from.is_inclusive) id = after_id.empty() ? kAfterAllIds : after_id;
    return session.Query(
        "SELECT key, id, initiated, checksum_algorithm, checksum_type, metadata FROM uploads "
        "WHERE bucket = ? AND (key, id) > (?, ?) ORDER BY key, id",
        {std::string(bucket), from.key, std::move(id)}, on_row);
  };
  const auto take = [&](const Row& row) { page.uploads.push_back(UploadOf(row)); };
  RETURN_IF_ERROR(Fill(request, query, take, &page));
  if (!page.uploads.empty() && page.uploads.back().key == page.last)
    page.last_id = page.uploads.back().upload_id;
  return page;
}

}  // namespace sagebrush::objectstore::internal
