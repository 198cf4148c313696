// SPDX-License-Identifier: Apache-2.0
// Log groups, streams and events, kept durably and appended cheaply. Ordering: events of a stream
// by (timestamp, order of arrival), and that order never changes once an event is readable. Any
// thread may call; calls block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace sagebrush::logstore {

struct Event {
  std::int64_t timestamp_ms = 0;
  std::int64_t ingested_ms = 0;
  std::string message;
  std::string stream;   // filled by Filter
  std::int64_t id = 0;  // unique within the store, the eventId
};

struct Group {
  std::string name;
  std::int64_t created_ms = 0;
  std::int64_t stored_bytes = 0;
};

struct Stream {
  std::string name;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> first_event_ms, last_event_ms, last_ingestion_ms;
};

enum class StreamOrder { kName, kLastEvent };  // a stream without events stands at time 0
struct ListStreamsRequest {
  std::string prefix = {};
  StreamOrder order = StreamOrder::kName;
  bool descending = false;
  // The place to go on from, exclusive: the last stream of the page before, whose name and (by
  // last event) time count. The stream itself may be gone.
  struct Place {
    std::string name;
    std::optional<std::int64_t> last_event_ms;
  };
  std::optional<Place> after = {};
  int limit = 50;
};

// One batch of an instance's lines. The store keeps the highest sequence number of `source` in the
// same transaction as the events, and drops lines it has already: sending a batch again is
// harmless. A batch without events only asks.
struct SourceBatch {
  std::string source;               // instance id
  std::int64_t first_sequence = 0;  // of events[0]; the others follow one by one
  std::vector<Event> events;
};

struct ReadRequest {
  std::optional<std::int64_t> start_ms;  // inclusive
  std::optional<std::int64_t> end_ms;    // exclusive
  bool from_head = false;                // without a token: the first page, else the last
  int limit = 10'000;
  std::string token;  // from an earlier page of the same stream
};
// Tokens are always set; when nothing newer (older) is there, the same token comes back. At most 1
// MiB a page, each event counting its message and 26 bytes. A token is a place in the order
// (timestamp, arrival): an event that arrives later with an older timestamp than the place stands
// before it, and whoever follows the token neither sees it nor anything twice.
struct ReadPage {
  std::vector<Event> events;
  std::string forward_token, backward_token;
};

struct FilterRequest {
  std::vector<std::string> streams;  // or
  std::string stream_prefix;
  std::optional<std::int64_t> start_ms, end_ms;
  std::function<bool(std::string_view message)>
      matches;                // the pattern is the service's business; empty matches all
  bool newest_first = false;  // a token goes on in its own direction
  int limit = 10'000;
  std::string token;
};
// By (timestamp, arrival) over all streams. A page ends at the limit, at 1 MiB, or after 100,000
// events looked at, so it may be empty and still have a next one.
struct FilterPage {
  std::vector<Event> events;
  std::string next_token;  // "" at the end
};

// Groups and streams are named within a scope ("account/region"). kNotFound messages begin with
// "group" or "stream".
class LogStore {
 public:
  static Result<std::unique_ptr<LogStore>> Open(const std::filesystem::path& folder,
                                                const Clock& clock);
  virtual ~LogStore() = default;

  virtual Status CreateGroup(std::string_view scope, std::string_view group) = 0;  // kAlreadyExists
  virtual Status DeleteGroup(std::string_view scope, std::string_view group) = 0;
  virtual Status CreateStream(std::string_view scope, std::string_view group,
                              std::string_view stream) = 0;
  virtual Status DeleteStream(std::string_view scope, std::string_view group,
                              std::string_view stream) = 0;
  // Sorted by name; names after `after`, at most `limit`.
  virtual Result<std::vector<Group>> ListGroups(std::string_view scope, std::string_view prefix,
                                                std::string_view after, int limit) = 0;
  virtual Result<std::vector<Stream>> ListStreams(std::string_view scope, std::string_view group,
                                                  const ListStreamsRequest& request) = 0;

  // The stream must exist. Durable when it returns. Timestamps are kept as they are, ingested_ms
  // and id are the store's.
  virtual Status Append(std::string_view scope, std::string_view group, std::string_view stream,
                        std::vector<Event> events) = 0;
  // Makes group and stream if they are missing. Returns the highest sequence number now stored for
  // the source; -1: none. A timestamp below the stream's newest is raised to it, so that one who
  // follows the stream misses no line of an instance whose clock steps back, and lines stay in the
  // order in which they were written.
  virtual Result<std::int64_t> AppendBatch(std::string_view scope, std::string_view group,
                                           std::string_view stream, SourceBatch batch) = 0;

  virtual Result<ReadPage> Read(std::string_view scope, std::string_view group,
                                std::string_view stream, const ReadRequest& request) = 0;
  virtual Result<FilterPage> Filter(std::string_view scope, std::string_view group,
                                    const FilterRequest& request) = 0;
};

}  // namespace sagebrush::logstore
