// SPDX-License-Identifier: Apache-2.0
#include "logstore/internal/read_page.h"

#include <algorithm>

#include "base/strings.h"
#include "metastore/page_token.h"

namespace sagebrush::logstore::internal {

namespace {

constexpr std::string_view kForward = "f/";  // as AWS's tokens begin
constexpr std::string_view kBackward = "b/";

std::string MakeToken(std::string_view direction, std::int64_t stream_id, Position at) {
  return std::string(direction) +
         metastore::MakePageToken(direction, {std::to_string(stream_id),
                                              std::to_string(at.timestamp), std::to_string(at.id)});
}

Result<Position> ReadToken(std::string_view direction, std::int64_t stream_id,
                           std::string_view token) {
  ASSIGN_OR_RETURN(const auto fields,
                   metastore::ReadPageToken(direction, token.substr(direction.size()), 3));
  const auto stream = ParseInt(fields[0]), timestamp = ParseInt(fields[1]),
             id = ParseInt(fields[2]);
  if (!stream || !timestamp || !id || *stream != stream_id)
    return InvalidArgument("the token is not one of this stream");
  return Position{*timestamp, *id};
}

// Events strictly between the two places, in reading order; with `newest_first` those nearest to
// `until`.
Result<std::vector<Event>> Fetch(metastore::Session& session, std::int64_t stream_id,
                                 Position after, Position before, bool newest_first, int limit) {
  static const std::string select =
      "SELECT timestamp, id, ingested, message FROM events WHERE stream_id = ? AND (timestamp, id) "
      "> (?, ?) "
      "AND (timestamp, id) < (?, ?) ORDER BY ";
  static const std::string oldest = select + "timestamp, id LIMIT ?";
  static const std::string newest = select + "timestamp DESC, id DESC LIMIT ?";
  std::vector<Event> events;
  std::int64_t bytes = 0;
  RETURN_IF_ERROR(session.Query(
      newest_first ? newest : oldest,
      {stream_id, after.timestamp, after.id, before.timestamp, before.id, std::int64_t{limit}},
      [&](const metastore::Row& row) {
        const std::string_view message = row.Text(3);
        bytes += static_cast<std::int64_t>(message.size()) + kEventOverhead;
        if (bytes > kPageBytes && !events.empty())
          return false;  // one event always goes, else a reader could not pass it
        events.push_back({row.Int(0), row.Int(2), std::string(message), "", row.Int(1)});
        return true;
      }));
  if (newest_first) std::reverse(events.begin(), events.end());
  return events;
}

}  // namespace

Result<ReadPage> ReadStream(metastore::Session& session, std::int64_t stream_id,
                            const ReadRequest& request) {
  if (request.limit < 1 || request.limit > kMaxPage)
    return InvalidArgument("a page holds 1 to 10000 events");
  Position after = request.start_ms ? Position{*request.start_ms, 0} : kBeforeAll;
  Position before = request.end_ms ? Position{*request.end_ms, 0} : kAfterAll;
  const Position start = after;
  const bool forward = request.token.starts_with(kForward);
  const bool backward = request.token.starts_with(kBackward);
  if (!request.token.empty() && !forward && !backward)
    return InvalidArgument("the token is not one of this stream");
  Position place = start;  // where an empty page stands
  if (forward) {
    ASSIGN_OR_RETURN(place, ReadToken(kForward, stream_id, request.token));
    after = std::max(after, place);
  } else if (backward) {
    ASSIGN_OR_RETURN(place, ReadToken(kBackward, stream_id, request.token));
    before = std::min(before, place);
  }
  const bool newest_first = backward || (!forward && !request.from_head);

  ReadPage page;
  ASSIGN_OR_RETURN(page.events,
                   Fetch(session, stream_id, after, before, newest_first, request.limit));
  if (!page.events.empty()) {
    const Event& first = page.events.front();
    const Event& last = page.events.back();
    page.forward_token = MakeToken(kForward, stream_id, {last.timestamp_ms, last.id});
    page.backward_token = MakeToken(kBackward, stream_id, {first.timestamp_ms, first.id});
  } else if (forward) {  // the last page read lies at or before `place`: going back gives it again
    page.forward_token = request.token;
    page.backward_token = MakeToken(kBackward, stream_id, {place.timestamp, place.id + 1});
  } else if (backward) {
    page.forward_token = MakeToken(kForward, stream_id, {place.timestamp, place.id - 1});
    page.backward_token = request.token;
  } else {
    page.forward_token = MakeToken(kForward, stream_id, place);
    page.backward_token = MakeToken(kBackward, stream_id, place);
  }
  return page;
}

}  // namespace sagebrush::logstore::internal
