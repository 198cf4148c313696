// SPDX-License-Identifier: Apache-2.0
#include "services/logs/log_stream.h"

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

using Place = logstore::ListStreamsRequest::Place;

std::string OrderName(const std::string& group, OrderBy order_by, bool descending) {
  return group + (order_by == OrderBy::kLastEventTime ? ":time" : ":name") +
         (descending ? ":down" : ":up");
}

Result<Place> ReadToken(const std::string& order, const std::string& token) {
  ASSIGN_OR_RETURN(const auto fields, metastore::ReadPageToken(kPurpose, token, 3));
  const auto time = ParseInt(fields[1]);
  if (fields[0] != order || !time) return InvalidArgument("the token is of another list");
  return Place{fields[2], *time};
}

api::logs::LogStream Describe(const RequestContext& context, const std::string& group,
                              const logstore::Stream& stream) {
  api::logs::LogStream out;
  out.log_stream_name = stream.name;
  out.creation_time = stream.created_ms;
  out.first_event_timestamp = stream.first_event_ms;
  out.last_event_timestamp = stream.last_event_ms;
  out.last_ingestion_time = stream.last_ingestion_ms;
  // As AWS: of a stream that nobody has written to yet there is none.
  if (stream.last_ingestion_ms)
    out.upload_sequence_token = SequenceToken(*stream.last_ingestion_ms);
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
  const int limit = request.limit.value_or(kDefaultLimit);
  logstore::ListStreamsRequest wanted{.prefix = request.log_stream_name_prefix.value_or(""),
                                      .order = order_by == OrderBy::kLastEventTime
                                                   ? logstore::StreamOrder::kLastEvent
                                                   : logstore::StreamOrder::kName,
                                      .descending = descending,
                                      .after = {},
                                      .limit = limit + 1};  // one more tells that there is more
  if (request.next_token) {
    auto place = ReadToken(order, *request.next_token);
    if (!place.ok()) return FromStore(place.status());
    wanted.after = *std::move(place);
  }
  auto streams = store.ListStreams(context.scope(), group, wanted);
  if (!streams.ok()) return FromStore(streams.status());

  DescribeLogStreamsResponse response;
  if (streams->size() > static_cast<std::size_t>(limit)) {
    streams->pop_back();
    const logstore::Stream& last = streams->back();
    response.next_token = metastore::MakePageToken(
        kPurpose, {order, std::to_string(last.last_event_ms.value_or(0)), last.name});
  }
  auto& described = response.log_streams.emplace();
  for (const logstore::Stream& stream : *streams)
    described.push_back(Describe(context, group, stream));
  return response;
}

}  // namespace sagebrush::services::logs
