// SPDX-License-Identifier: Apache-2.0
// SageMaker's runtime as a Service: InvokeEndpoint, from the caller's bytes to the container's and back. Any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "metastore/record_store.h"
#include "services/sagemaker_metrics/invocation_metrics.h"
#include "services/service.h"
#include "serving/router.h"

namespace sagebrush::services {

// Invocations under way at a time, each of which is a connection to its client and one to its instance, and the memory of
// their payloads, both ways, together. Beyond, callers are asked to try again.
struct RuntimeLimits {
  int invocations = 512;
  std::uint64_t payload_bytes = std::uint64_t{1536} << 20;
};

std::unique_ptr<Service> MakeRuntimeService(serving::Router& router,
                                            metastore::RecordStore& records,
                                            sagemaker_metrics::InvocationMetrics& metrics,
                                            RuntimeLimits limits = {});

}  // namespace sagebrush::services
