// SPDX-License-Identifier: Apache-2.0
// CloudWatch's metrics over metricstore: put, get, list. Borrows the store, which must outlive it. Handlers run on any thread
// and block for the disk.
#pragma once

#include <memory>

#include "metricstore/metric_store.h"
#include "services/service.h"

namespace sagebrush::services {

std::unique_ptr<Service> MakeCloudWatchService(metricstore::MetricStore& store);

}  // namespace sagebrush::services
