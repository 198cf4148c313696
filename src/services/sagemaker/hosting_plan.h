// SPDX-License-Identifier: Apache-2.0
// From an endpoint config and its models to the generation that the orchestrator brings up (orchestrator/endpoint.h). It reads
// records and changes none.
#pragma once

#include <string>

#include "aws/error.h"
#include "metastore/record_store.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/endpoint.h"
#include "services/context.h"

namespace sagebrush::services::sagemaker {

// What of the serving variants an update keeps, for those that the new configuration names too (UpdateEndpoint's
// RetainAllVariantProperties without ExcludeRetainedVariantProperties).
struct RetainedProperties {
  const orchestrator::Generation* of = nullptr;  // none: the configuration's own hold
  bool instance_counts = true;
  bool weights = true;
};

// kNotFound errors are AWS's ("Could not find endpoint configuration …").
aws::Outcome<orchestrator::Generation> PlanGeneration(const RequestContext& context,
                                                      metastore::RecordStore& records,
                                                      const orchestrator::Catalogue& catalogue,
                                                      const std::string& endpoint_name,
                                                      const std::string& config_name,
                                                      const RetainedProperties& retained = {});

}  // namespace sagebrush::services::sagemaker
