// SPDX-License-Identifier: Apache-2.0
#include "objectstore/internal/list.h"

#include "objectstore/internal/rows.h"

namespace sagebrush::objectstore::internal {

namespace {

using metastore::Row;
using metastore::Session;

constexpr char kColumns[] =
    "SELECT key, size, etag, modified, storage_class, checksum_algorithm, checksum_type, "
    "part_count FROM objects ";

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
  if (request.max_keys <= 0) return page;

  const auto limit = static_cast<std::size_t>(request.max_keys);
  std::optional<Cursor> cursor = Start(request);
  const auto count = [&] { return page.objects.size() + page.common_prefixes.size(); };
  while (cursor && !page.truncated) {
    std::optional<Cursor> next;
    const auto take = [&](const Row& row) {
      const std::string_view key = row.Text(0);
      if (!key.starts_with(request.prefix)) return false;  // past the end
      if (count() == limit) {
        page.truncated = true;
        return false;
      }
      const std::string_view prefix = CommonPrefix(key, request);
      if (prefix.empty()) {
        page.objects.push_back(InfoOf(row));
        page.last = page.objects.back().key;
        return true;
      }
      page.common_prefixes.emplace_back(prefix);
      page.last = prefix;
      if (auto after = AfterPrefix(prefix)) next = Cursor{*std::move(after), true};
      return false;
    };
    const std::string sql = std::string(kColumns) +
                            (cursor->is_inclusive ? "WHERE bucket = ? AND key >= ? ORDER BY key"
                                                  : "WHERE bucket = ? AND key > ? ORDER BY key");
    RETURN_IF_ERROR(session.Query(sql, {std::string(bucket), cursor->key}, take));
    cursor = std::move(next);
  }
  return page;
}

}  // namespace sagebrush::objectstore::internal
