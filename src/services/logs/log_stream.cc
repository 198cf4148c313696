// SPDX-License-Identifier: Apache-2.0
#include "services/logs/log_stream.h"

#include <algorithm>
#include <tuple>

#include "base/strings.h"
#include "metastore/page_token.h"
#include "services/logs/common.h"

namespace sagebrush::services::logs {

namespace {

using api::logs::DescribeLogStreamsRequest;
using api::logs::DescribeLogStreamsResponse;
using api::logs::OrderBy;

constexpr std::string_view kPurpose = "logs.streams.1";
constexpr std::int32_t kDefaultLimit = 50;

// Where a stream stands in the list; the name makes it unique.
using Place = std::pair<std::int64_t, std::string>;

Place PlaceOf(const logstore::Stream& stream, OrderBy order_by) {
  return {order_by == OrderBy::kLastEventTime ? stream.last_event_ms.value_or(0) : 0, stream.name};
}

std::string OrderName(const std::string& group, OrderBy order_by, bool descending) {
  return group + (order_by == OrderBy::kLastEventTime ? ":time" : ":name") +
         (descending ? ":down" : ":up");
}

Result<Place> ReadToken(const std::string& order, const std::string& token) {
  ASSIGN_OR_RETURN(const auto fields, metastore::ReadPageToken(kPurpose, token, 3));
  const auto time = ParseInt(fields[1]);
  if (fields[0] != order || !time) return InvalidArgument("the token is of another list");
  return Place{*time, fields[2]};
}

api::logs::LogStream Describe(const RequestContext& context, const std::string& group,
                              const logstore::Stream& stream) {
  api::logs::LogStream out;
  out.log_stream_name = stream.name;
  out.creation_time = stream.created_ms;
  out.first_event_timestamp = stream.first_event_ms;
  out.last_event_timestamp = stream.last_event_ms;
  out.last_ingestion_time = stream.last_ingestion_ms;
  out.upload_sequence_token = SequenceToken(stream.last_ingestion_ms.value_or(stream.created_ms));
  out.arn = StreamArn(context, group, stream.name);
  out.stored_bytes = 0;  // as AWS since 2019: kept for groups only
  return out;
}

}  // namespace

aws::Outcome<std::monostate> CreateLogStream(logstore::LogStore& store,
                                             const RequestContext& context,
                                             const api::logs::CreateLogStreamRequest& request) {
  const Status status =
      store.CreateStream(context.scope(), request.log_group_name, request.log_stream_name);
  if (!status.ok()) return FromStore(status);
  return std::monostate{};
}

aws::Outcome<std::monostate> DeleteLogStream(logstore::LogStore& store,
                                             const RequestContext& context,
                                             const api::logs::DeleteLogStreamRequest& request) {
  const Status status =
      store.DeleteStream(context.scope(), request.log_group_name, request.log_stream_name);
  if (!status.ok()) return FromStore(status);
  return std::monostate{};
}

aws::Outcome<DescribeLogStreamsResponse> DescribeLogStreams(
    logstore::LogStore& store, const RequestContext& context,
    const DescribeLogStreamsRequest& request) {
  ASSIGN_OR_RETURN(const std::string group,
                   GroupName(context, request.log_group_name, request.log_group_identifier));
  const OrderBy order_by = request.order_by.value_or(OrderBy::kLogStreamName);
  const bool descending = request.descending.value_or(false);
  if (order_by == OrderBy::kLastEventTime && request.log_stream_name_prefix)
    return InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
  const std::string order = OrderName(group, order_by, descending);
  std::optional<Place> after;
  if (request.next_token) {
    auto place = ReadToken(order, *request.next_token);
    if (!place.ok()) return FromStore(place.status());
    after = *std::move(place);
  }
  auto streams =
      store.ListStreams(context.scope(), group, request.log_stream_name_prefix.value_or(""));
  if (!streams.ok()) return FromStore(streams.status());

  const auto before = [&](const Place& a, const Place& b) { return descending ? b < a : a < b; };
  std::sort(streams->begin(), streams->end(), [&](const auto& a, const auto& b) {
    return before(PlaceOf(a, order_by), PlaceOf(b, order_by));
  });
  const auto limit = static_cast<std::size_t>(request.limit.value_or(kDefaultLimit));
  DescribeLogStreamsResponse response;
  auto& described = response.log_streams.emplace();
  Place last;
  for (const logstore::Stream& stream : *streams) {
    Place place = PlaceOf(stream, order_by);
    if (after && !before(*after, place)) continue;
    if (described.size() == limit) {
      response.next_token =
          metastore::MakePageToken(kPurpose, {order, std::to_string(last.first), last.second});
      break;
    }
    described.push_back(Describe(context, group, stream));
    last = std::move(place);
  }
  return response;
}

}  // namespace sagebrush::services::logs
