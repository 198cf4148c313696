// SPDX-License-Identifier: Apache-2.0
#include "testing/memory_record_store.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "base/strings.h"
#include "metastore/page_token.h"

namespace sagebrush::testing {

using metastore::Filter;
using metastore::Key;
using metastore::ListOptions;
using metastore::Page;
using metastore::Record;
using metastore::SortBy;
using metastore::Write;

namespace {

bool Matches(const Filter& filter, const Record& record) {
  if (record.key.kind != filter.kind) return false;
  if (filter.scope && record.key.scope != *filter.scope) return false;
  if (!filter.name_prefix.empty() && !record.key.name.starts_with(filter.name_prefix)) return false;
  if (!filter.name_ignoring_case.empty() &&
      !EqualsIgnoreCase(record.key.name, filter.name_ignoring_case))
    return false;
  if (!filter.name_contains.empty() &&
      record.key.name.find(filter.name_contains) == std::string::npos)
    return false;
  if (!filter.statuses.empty() && std::find(filter.statuses.begin(), filter.statuses.end(),
                                            record.status) == filter.statuses.end())
    return false;
  if (filter.created_after && record.created < *filter.created_after) return false;
  if (filter.created_before && record.created >= *filter.created_before) return false;
  if (filter.modified_after && record.modified < *filter.modified_after) return false;
  if (filter.modified_before && record.modified >= *filter.modified_before) return false;
  return true;
}

// Where a record stands in a list: by what was asked, then by name and scope, which makes it
// unique.
struct Position {
  std::int64_t number = 0;
  std::string text;
  std::string name;
  std::string scope;
  auto operator<=>(const Position&) const = default;
};

Position PositionOf(const Record& record, SortBy sort_by) {
  Position at{.number = 0, .text = "", .name = record.key.name, .scope = record.key.scope};
  if (sort_by == SortBy::kCreated) at.number = ToMillis(record.created);
  if (sort_by == SortBy::kModified) at.number = ToMillis(record.modified);
  if (sort_by == SortBy::kStatus) at.text = record.status;
  return at;
}

// A token is good for its kind, order and direction alone, as the real store's.
std::string Purpose(const Filter& filter, const ListOptions& options) {
  return "memory/" + filter.kind + "/" + std::to_string(static_cast<int>(options.sort_by)) +
         (options.descending ? "/down" : "/up");
}

Result<Position> ReadToken(const std::string& purpose, const std::string& token) {
  ASSIGN_OR_RETURN(const auto fields, metastore::ReadPageToken(purpose, token, 4));
  return Position{ParseInt(fields[0]).value_or(0), fields[1], fields[2], fields[3]};
}

}  // namespace

Result<Record> MemoryRecordStore::Get(const Key& key) {
  std::lock_guard lock(mutex_);
  const auto found = records_.find(key);
  if (found == records_.end()) return NotFound("no " + key.kind + " '" + key.name + "'");
  return found->second;
}

Result<Page> MemoryRecordStore::List(const Filter& filter, const ListOptions& options) {
  std::optional<Position> after;
  if (!options.page_token.empty()) {
    ASSIGN_OR_RETURN(after, ReadToken(Purpose(filter, options), options.page_token));
  }
  if (options.limit < 1) return InvalidArgument("a page holds at least one record");

  std::vector<std::pair<Position, Record>> matching;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, record] : records_) {
      if (!Matches(filter, record)) continue;
      Position at = PositionOf(record, options.sort_by);
      if (after && (options.descending ? at >= *after : at <= *after)) continue;
      matching.emplace_back(std::move(at), record);
    }
  }
  std::sort(matching.begin(), matching.end(), [&](const auto& a, const auto& b) {
    return options.descending ? b.first < a.first : a.first < b.first;
  });

  Page page;
  const auto limit = static_cast<std::size_t>(options.limit);
  for (auto& [at, record] : matching) {
    if (page.records.size() == limit) {
      const Position last = PositionOf(page.records.back(), options.sort_by);
      page.next_token =
          metastore::MakePageToken(Purpose(filter, options),
                                   {std::to_string(last.number), last.text, last.name, last.scope});
      break;
    }
    page.records.push_back(std::move(record));
  }
  return page;
}

Result<std::int64_t> MemoryRecordStore::Count(const Filter& filter) {
  std::lock_guard lock(mutex_);
  return std::count_if(records_.begin(), records_.end(),
                       [&](const auto& entry) { return Matches(filter, entry.second); });
}

Status MemoryRecordStore::CommitDurably(const std::vector<Write>& writes) {
  std::lock_guard lock(mutex_);
  if (!next_failure_.ok()) return std::exchange(next_failure_, Status::Ok());
  std::vector<std::pair<Key, std::optional<Record>>>
      before;  // what stood there, to go back to when a later write fails
  for (const Write& write : writes) {
    const auto found = records_.find(write.record.key);
    std::optional<Record> old;
    if (found != records_.end()) old = found->second;
    if (Status status = Apply(write); !status.ok()) {
      for (auto undo = before.rbegin(); undo != before.rend(); ++undo) {
        records_.erase(undo->first);
        if (undo->second) records_.emplace(undo->first, std::move(*undo->second));
      }
      return status;
    }
    before.emplace_back(write.record.key, std::move(old));
  }
  return Status::Ok();
}

Status MemoryRecordStore::Apply(const Write& write) {
  const Key& key = write.record.key;
  const auto found = records_.find(key);
  if (write.action == Write::Action::kInsert) {
    const bool taken = std::any_of(records_.begin(), records_.end(), [&](const auto& entry) {
      const Key& other = entry.first;
      return other.kind == key.kind && other.scope == key.scope &&
             EqualsIgnoreCase(other.name, key.name);
    });
    if (taken) return AlreadyExists("there is a " + key.kind + " '" + key.name + "' already");
    records_.emplace(key, write.record).first->second.version = 1;
    return Status::Ok();
  }
  if (found == records_.end()) return NotFound("no " + key.kind + " '" + key.name + "'");
  if (write.action == Write::Action::kDelete) {
    records_.erase(found);
    return Status::Ok();
  }
  if (found->second.version != write.record.version)
    return FailedPrecondition("the " + key.kind + " '" + key.name +
                              "' was changed by another call meanwhile");
  const TimePoint created = found->second.created;  // a record is made once
  found->second = write.record;
  found->second.created = created;
  ++found->second.version;
  return Status::Ok();
}

void MemoryRecordStore::FailNextCommit(Status status) {
  std::lock_guard lock(mutex_);
  next_failure_ = std::move(status);
}

}  // namespace sagebrush::testing
