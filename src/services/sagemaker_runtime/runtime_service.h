// SPDX-License-Identifier: Apache-2.0
// SageMaker's runtime as a Service: InvokeEndpoint, from the caller's bytes to the container's and back. Any thread.
#pragma once

#include <memory>

#include "metastore/record_store.h"
#include "services/sagemaker_metrics/invocation_metrics.h"
#include "services/service.h"
#include "serving/router.h"

namespace sagebrush::services {

std::unique_ptr<Service> MakeRuntimeService(serving::Router& router,
                                            metastore::RecordStore& records,
                                            sagemaker_metrics::InvocationMetrics& metrics);

}  // namespace sagebrush::services
