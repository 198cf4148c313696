// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/list_metrics.h"

namespace sagebrush::services::cloudwatch {

namespace {

// API reference, ListMetrics: 500 a page; metrics stay listed for two weeks after their last data.
constexpr int kPage = 500;
constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kListedFor = 14 * 24 * kHour;
constexpr std::int64_t kRecently = 3 * kHour;

}  // namespace

aws::Outcome<Json> ListMetrics(metricstore::MetricStore& store, const RequestContext& context,
                               const api::cloudwatch::ListMetricsInput& request) {
  api::cloudwatch::ListMetricsOutput output;
  auto& metrics = output.metrics.emplace();
  const bool with_accounts = request.include_linked_accounts.value_or(false);
  // Nobody else's metrics are here.
  if (request.owning_account && *request.owning_account != context.account) return ToJson(output);
  metricstore::ListRequest list;
  list.name_space = request.namespace_;
  list.name = request.metric_name;
  if (request.dimensions)
    for (const auto& filter : *request.dimensions)
      list.dimensions.push_back({filter.name, filter.value});
  list.put_since_ms = ToMillis(context.now) - (request.recently_active ? kRecently : kListedFor);
  list.limit = kPage;
  list.token = request.next_token.value_or("");
  auto page = store.List(context.scope(), list);
  if (page.status().code() == Code::kInvalidArgument)
    return InvalidValue("Request parameter NextToken is invalid");
  if (!page.ok()) return FromStore(page.status());

  for (const metricstore::MetricInfo& info : page->metrics)
    metrics.push_back(
        {info.metric.name_space, info.metric.name, FromStore(info.metric.dimensions)});
  if (with_accounts) output.owning_accounts.emplace(page->metrics.size(), context.account);
  if (!page->next_token.empty()) output.next_token = page->next_token;
  return ToJson(output);
}

}  // namespace sagebrush::services::cloudwatch
