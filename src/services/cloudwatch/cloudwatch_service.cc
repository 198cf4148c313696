// SPDX-License-Identifier: Apache-2.0
#include "services/cloudwatch/cloudwatch_service.h"

#include "aws/bind.h"
#include "services/cloudwatch/actions.h"
#include "services/cloudwatch/get_metric_data.h"
#include "services/cloudwatch/get_metric_statistics.h"
#include "services/cloudwatch/list_metrics.h"
#include "services/cloudwatch/put_metric_data.h"

namespace sagebrush::services::cloudwatch {

namespace {

template <typename Request>
DocumentHandler Bound(metricstore::MetricStore& store,
                      aws::Outcome<Json> (*handler)(metricstore::MetricStore&,
                                                    const RequestContext&, const Request&)) {
  return [&store, handler](const RequestContext& context, const Json& input) -> aws::Outcome<Json> {
    ASSIGN_OR_RETURN(const Request request, aws::Bind<Request>(input));
    return handler(store, context, request);
  };
}

class CloudWatchService final : public Service {
 public:
  explicit CloudWatchService(metricstore::MetricStore& store)
      : operations_{
            {"PutMetricData", {Bound(store, PutMetricData), {}, AllowPutMetricData()}},
            {"GetMetricData",
             {Bound(store, GetMetricData), {}, AllowOnAll("cloudwatch:GetMetricData")}},
            {"GetMetricStatistics",
             {Bound(store, GetMetricStatistics), {}, AllowOnAll("cloudwatch:GetMetricStatistics")}},
            {"ListMetrics", {Bound(store, ListMetrics), {}, AllowOnAll("cloudwatch:ListMetrics")}},
        } {}

  std::string_view name() const override { return "cloudwatch"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  const std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

}  // namespace sagebrush::services::cloudwatch

namespace sagebrush::services {

std::unique_ptr<Service> MakeCloudWatchService(metricstore::MetricStore& store) {
  return std::make_unique<cloudwatch::CloudWatchService>(store);
}

}  // namespace sagebrush::services
