// SPDX-License-Identifier: Apache-2.0
#include "services/logs/log_event.h"

#include <algorithm>
#include <chrono>

#include "base/strings.h"
#include "services/logs/common.h"
#include "services/logs/filter_pattern.h"

namespace sagebrush::services::logs {

namespace {

using api::logs::FilterLogEventsRequest;
using api::logs::FilterLogEventsResponse;
using api::logs::GetLogEventsRequest;
using api::logs::GetLogEventsResponse;
using api::logs::InputLogEvent;
using api::logs::PutLogEventsRequest;
using api::logs::PutLogEventsResponse;

// API reference, PutLogEvents.
constexpr std::size_t kMaxBatchBytes = 1'048'576;
constexpr std::size_t kEventOverhead = 26;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMaxSpan = kDay;
constexpr std::int64_t kMaxAge = 14 * kDay;
constexpr std::int64_t kMaxAhead = 2 * kHour;
constexpr std::int32_t kMaxEvents = 10'000;
constexpr std::int64_t kNewestFirstSince =
    1'704'067'200'000;  // 2024-01-01, API reference, FilterLogEvents

// A program may print any bytes; a JSON reply holds UTF-8 only. What is none becomes U+FFFD, a byte
// each.
std::string ToUtf8(std::string message) {
  if (IsValidUtf8(message)) return message;
  const std::string_view bytes = message;
  std::string out;
  for (std::size_t at = 0; at < message.size();) {
    std::size_t length = 1;
    while (length <= 4 && at + length <= message.size() && !IsValidUtf8(bytes.substr(at, length)))
      ++length;
    if (length > 4 || at + length > message.size()) {
      out += "\xef\xbf\xbd";
      ++at;
    } else {
      out.append(bytes.substr(at, length));
      at += length;
    }
  }
  return out;
}

std::optional<aws::Error> CheckBatch(const std::vector<InputLogEvent>& events) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].message.size() > kMaxBatchBytes) {
      return InvalidParameter("Log event too large: " + std::to_string(events[i].message.size()) +
                              " bytes exceeds limit of " + std::to_string(kMaxBatchBytes));
    }
    bytes += events[i].message.size() + kEventOverhead;
    if (i > 0 && events[i].timestamp < events[i - 1].timestamp)
      return InvalidParameter(
          "Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (bytes > kMaxBatchBytes) {
    return InvalidParameter("Upload too large: " + std::to_string(bytes) +
                            " bytes exceeds limit of " + std::to_string(kMaxBatchBytes));
  }
  return std::nullopt;
}

}  // namespace

aws::Outcome<PutLogEventsResponse> PutLogEvents(logstore::LogStore& store,
                                                const RequestContext& context,
                                                const PutLogEventsRequest& request) {
  const auto& events = request.log_events;
  if (auto error = CheckBatch(events)) return *std::move(error);
  const std::int64_t now = ToMillis(context.now);
  // In chronological order, so what is too old stands at the beginning and what is too new at the
  // end.
  const auto at = [&](std::int64_t time) {
    return std::lower_bound(
        events.begin(), events.end(), time,
        [](const InputLogEvent& event, std::int64_t limit) { return event.timestamp < limit; });
  };
  const auto first = at(now - kMaxAge);
  const auto end = at(now + kMaxAhead + 1);
  if (first < end && (end - 1)->timestamp - first->timestamp > kMaxSpan)
    return InvalidParameter(
        "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");

  std::vector<logstore::Event> accepted;
  for (auto event = first; event < end; ++event) {
    auto& added = accepted.emplace_back();
    added.timestamp_ms = event->timestamp;
    added.message = event->message;
  }
  const Status status = store.Append(context.scope(), request.log_group_name,
                                     request.log_stream_name, std::move(accepted));
  if (!status.ok()) return FromStore(status);

  PutLogEventsResponse response;
  response.next_sequence_token = SequenceToken(now);
  if (first != events.begin() || end != events.end()) {
    auto& rejected = response.rejected_log_events_info.emplace();
    if (first != events.begin())
      rejected.too_old_log_event_end_index = static_cast<std::int32_t>(first - events.begin());
    if (end != events.end())
      rejected.too_new_log_event_start_index = static_cast<std::int32_t>(end - events.begin());
  }
  return response;
}

aws::Outcome<GetLogEventsResponse> GetLogEvents(logstore::LogStore& store,
                                                const RequestContext& context,
                                                const GetLogEventsRequest& request) {
  ASSIGN_OR_RETURN(const std::string group,
                   GroupName(context, request.log_group_name, request.log_group_identifier));
  logstore::ReadRequest read;
  read.start_ms = request.start_time;
  read.end_ms = request.end_time;
  read.from_head = request.start_from_head.value_or(false);
  read.limit = request.limit.value_or(kMaxEvents);
  read.token = request.next_token.value_or("");
  auto page = store.Read(context.scope(), group, request.log_stream_name, read);
  if (!page.ok()) return FromStore(page.status());

  GetLogEventsResponse response;
  auto& events = response.events.emplace();
  for (logstore::Event& event : page->events) {
    auto& out = events.emplace_back();
    out.timestamp = event.timestamp_ms;
    out.message = ToUtf8(std::move(event.message));
    out.ingestion_time = event.ingested_ms;
  }
  response.next_forward_token = page->forward_token;
  response.next_backward_token = page->backward_token;
  return response;
}

aws::Outcome<FilterLogEventsResponse> FilterLogEvents(logstore::LogStore& store,
                                                      const RequestContext& context,
                                                      const FilterLogEventsRequest& request) {
  ASSIGN_OR_RETURN(const std::string group,
                   GroupName(context, request.log_group_name, request.log_group_identifier));
  if (request.log_stream_names && request.log_stream_name_prefix)
    return InvalidParameter("logStreamNames and logStreamNamePrefix cannot be specified together.");
  const auto pattern = FilterPattern::Parse(request.filter_pattern.value_or(""));
  if (!pattern.ok()) return InvalidParameter(pattern.status().message());
  logstore::FilterRequest filter;
  filter.streams = request.log_stream_names.value_or(std::vector<std::string>());
  filter.stream_prefix = request.log_stream_name_prefix.value_or("");
  filter.start_ms = request.start_time;
  filter.end_ms = request.end_time;
  filter.newest_first = !request.start_from_head.value_or(true);
  if (filter.newest_first && request.start_time.value_or(0) < kNewestFirstSince)
    return InvalidParameter(
        "startFromHead can be false only if startTime is on or after January 1, 2024 00:00:00 "
        "UTC.");
  if (!pattern->matches_all())
    filter.matches = [&](std::string_view message) { return pattern->Matches(message); };
  filter.limit = request.limit.value_or(kMaxEvents);
  filter.token = request.next_token.value_or("");
  auto page = store.Filter(context.scope(), group, filter);
  if (!page.ok()) return FromStore(page.status());

  FilterLogEventsResponse response;
  auto& events = response.events.emplace();
  for (logstore::Event& event : page->events) {
    auto& out = events.emplace_back();
    out.log_stream_name = std::move(event.stream);
    out.timestamp = event.timestamp_ms;
    out.message = ToUtf8(std::move(event.message));
    out.ingestion_time = event.ingested_ms;
    out.event_id = SequenceToken(event.id);  // 56 digits, as AWS's
  }
  response.searched_log_streams.emplace();  // AWS: always empty since 2020
  if (!page->next_token.empty()) response.next_token = page->next_token;
  return response;
}

}  // namespace sagebrush::services::logs
