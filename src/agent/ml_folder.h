// SPDX-License-Identifier: Apache-2.0
// /opt/ml as SageMaker lays it out: the folders, and the configuration files below input/config that frameworks and users'
// programs read. Source: "How Amazon SageMaker Provides Training Information" in the SageMaker developer guide.
#pragma once

#include "agent/paths.h"
#include "agent/work_order.h"
#include "base/json.h"
#include "base/status.h"

namespace sagebrush::agent {

Status MakeMlFolder(const WorkOrder& order, const Paths& paths);

Json HyperparametersJson(const WorkOrder& order);
Json InputDataConfigJson(const WorkOrder& order);
Json ResourceConfigJson(const WorkOrder& order, std::string_view network_interface);

}  // namespace sagebrush::agent
