// SPDX-License-Identifier: Apache-2.0
#include "logstore/internal/filter_page.h"

#include <algorithm>
#include <deque>
#include <queue>

#include "base/strings.h"
#include "metastore/page_token.h"

namespace sagebrush::logstore::internal {

namespace {

using metastore::Row;
using metastore::Session;
using metastore::Value;

constexpr std::string_view kPurpose = "logs.filter.1";
constexpr int kMaxLooked =
    100'000;  // events a page may look at: bounds the time of a pattern that matches nothing
constexpr int kChunk = 256;

struct Range {
  Position after = kBeforeAll;
  Position before = kAfterAll;
  bool newest_first = false;
};

struct Candidate {
  std::int64_t id;
  std::string name;
  std::int64_t nearest;  // the timestamp of its first event on the way: its oldest, or its newest
};

// The streams that may hold events in the range, the one nearest to its beginning first.
Result<std::vector<Candidate>> FindCandidates(Session& session, std::int64_t group_id,
                                              const FilterRequest& request, const Range& range) {
  std::vector<Candidate> found;
  std::size_t named = 0;
  const std::string nearest = range.newest_first ? "last_event" : "first_event";
  std::string sql = "SELECT id, name, " + nearest + " FROM streams WHERE group_id = ?";
  std::vector<Value> values{group_id};
  if (!request.streams.empty()) {
    std::string marks = "?";
    for (std::size_t i = 1; i < request.streams.size(); ++i) marks += ",?";
    values.insert(values.end(), request.streams.begin(), request.streams.end());
    sql += " AND name IN (" + marks + ")";
    RETURN_IF_ERROR(
        session.Query("SELECT count(*) FROM streams WHERE group_id = ? AND name IN (" + marks + ")",
                      values, [&](const Row& row) {
                        named = static_cast<std::size_t>(row.Int(0));
                        return false;
                      }));
    auto distinct = request.streams;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    if (named != distinct.size()) return NotFound("stream: one of those named does not exist");
  }
  if (!request.stream_prefix.empty()) {
    sql += " AND name >= ?";
    values.emplace_back(request.stream_prefix);
    if (auto end = PrefixEnd(request.stream_prefix)) {
      sql += " AND name < ?";
      values.emplace_back(*end);
    }
  }
  sql += " AND last_event >= ? AND first_event <= ? ORDER BY " +
         nearest;  // NULL, in an empty stream, is neither
  if (range.newest_first) sql += " DESC";
  values.emplace_back(range.after.timestamp);
  values.emplace_back(range.before.timestamp);
  RETURN_IF_ERROR(session.Query(sql, values, [&](const Row& row) {
    found.push_back({row.Int(0), std::string(row.Text(1)), row.Int(2)});
    return true;
  }));
  return found;
}

// Reads one stream in order, a chunk at a time.
class Cursor {
 public:
  Cursor(Session& session, const Candidate& stream, const Range& range)
      : session_(&session), stream_(&stream), range_(range) {}

  // Fills the buffer if it is empty; then empty() tells the end.
  Status Fill() {
    if (!buffer_.empty() || ended_) return Status::Ok();
    int rows = 0;
    std::int64_t bytes = 0;
    bool all = true;
    static const std::string select =
        "SELECT timestamp, id, ingested, message FROM events WHERE stream_id = ? AND (timestamp, "
        "id) > (?, ?) "
        "AND (timestamp, id) < (?, ?) ORDER BY ";
    static const std::string upwards = select + "timestamp, id LIMIT ?";
    static const std::string downwards = select + "timestamp DESC, id DESC LIMIT ?";
    const auto& [after, before, newest_first] = range_;
    RETURN_IF_ERROR(session_->Query(
        newest_first ? downwards : upwards,
        {stream_->id, after.timestamp, after.id, before.timestamp, before.id, std::int64_t{kChunk}},
        [&](const Row& row) {
          buffer_.push_back(
              {row.Int(0), row.Int(2), std::string(row.Text(3)), stream_->name, row.Int(1)});
          bytes += static_cast<std::int64_t>(buffer_.back().message.size());
          ++rows;
          all = bytes < kPageBytes;
          return all;
        }));
    ended_ = all && rows < kChunk;
    if (!buffer_.empty())
      (newest_first ? range_.before : range_.after) =
          Position{buffer_.back().timestamp_ms, buffer_.back().id};
    return Status::Ok();
  }

  bool empty() const { return buffer_.empty(); }
  Position head() const { return {buffer_.front().timestamp_ms, buffer_.front().id}; }
  Event Take() {
    Event event = std::move(buffer_.front());
    buffer_.pop_front();
    return event;
  }

 private:
  Session* session_;
  const Candidate* stream_;
  Range range_;  // what is not read yet
  std::deque<Event> buffer_;
  bool ended_ = false;
};

class Merge {
 public:
  Merge(Session& session, const std::vector<Candidate>& candidates, const Range& range)
      : session_(session),
        candidates_(candidates),
        range_(range),
        open_(Later{range.newest_first}) {}

  // Whether another event is there; Take() gives it.
  Result<bool> More() {
    while (unopened_ < candidates_.size() && MustOpen(candidates_[unopened_])) {
      cursors_.emplace_back(session_, candidates_[unopened_++], range_);
      RETURN_IF_ERROR(Push(&cursors_.back()));
    }
    return !open_.empty();
  }

  Result<Event> Take() {
    Cursor* cursor = open_.top();
    open_.pop();
    Event event = cursor->Take();
    RETURN_IF_ERROR(Push(cursor));
    return event;
  }

 private:
  struct Later {
    bool newest_first;
    bool operator()(const Cursor* a, const Cursor* b) const {
      return newest_first ? a->head() < b->head() : a->head() > b->head();
    }
  };

  bool MustOpen(const Candidate& stream) const {
    if (open_.empty()) return true;
    const std::int64_t next = open_.top()->head().timestamp;
    return range_.newest_first ? stream.nearest >= next : stream.nearest <= next;
  }

  Status Push(Cursor* cursor) {
    RETURN_IF_ERROR(cursor->Fill());
    if (!cursor->empty()) open_.push(cursor);
    return Status::Ok();
  }

  Session& session_;
  const std::vector<Candidate>& candidates_;
  const Range range_;
  std::size_t unopened_ = 0;
  std::deque<Cursor> cursors_;  // stable addresses
  std::priority_queue<Cursor*, std::vector<Cursor*>, Later> open_;
};

// Narrows the range to what the token leaves, in the token's direction.
Status ContinueAfter(std::int64_t group_id, const std::string& token, Range* range) {
  ASSIGN_OR_RETURN(const auto fields, metastore::ReadPageToken(kPurpose, token, 4));
  const auto group = ParseInt(fields[0]), timestamp = ParseInt(fields[1]), id = ParseInt(fields[2]);
  if (!group || !timestamp || !id || *group != group_id)
    return InvalidArgument("the token is not one of this group");
  range->newest_first = fields[3] == "newest first";
  const Position place{*timestamp, *id};
  if (range->newest_first)
    range->before = std::min(range->before, place);
  else
    range->after = std::max(range->after, place);
  return Status::Ok();
}

}  // namespace

Result<FilterPage> FilterGroup(Session& session, std::int64_t group_id,
                               const FilterRequest& request) {
  if (request.limit < 1 || request.limit > kMaxPage)
    return InvalidArgument("a page holds 1 to 10000 events");
  Range range;
  if (request.start_ms) range.after = {*request.start_ms, 0};
  if (request.end_ms) range.before = {*request.end_ms, 0};
  range.newest_first = request.newest_first;
  if (!request.token.empty()) RETURN_IF_ERROR(ContinueAfter(group_id, request.token, &range));
  ASSIGN_OR_RETURN(const auto candidates, FindCandidates(session, group_id, request, range));

  FilterPage page;
  Merge merge(session, candidates, range);
  Position place;
  std::int64_t bytes = 0;
  for (int looked = 0;; ++looked) {
    ASSIGN_OR_RETURN(const bool more, merge.More());
    if (!more) return page;
    if (static_cast<int>(page.events.size()) >= request.limit || looked >= kMaxLooked) break;
    ASSIGN_OR_RETURN(Event event, merge.Take());
    if (!request.matches || request.matches(event.message)) {
      bytes += static_cast<std::int64_t>(event.message.size()) + kEventOverhead;
      if (bytes > kPageBytes && !page.events.empty()) break;  // it opens the next page
      place = {event.timestamp_ms, event.id};
      page.events.push_back(std::move(event));
    } else {
      place = {event.timestamp_ms, event.id};
    }
  }
  page.next_token = metastore::MakePageToken(
      kPurpose, {std::to_string(group_id), std::to_string(place.timestamp),
                 std::to_string(place.id), range.newest_first ? "newest first" : ""});
  return page;
}

}  // namespace sagebrush::logstore::internal
