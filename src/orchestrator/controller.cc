// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/controller.h"

#include "base/id.h"
#include "orchestrator/instance_type.h"

namespace sagebrush::orchestrator {

namespace {
constexpr int kPageSize = 1000;
}

Result<std::vector<metastore::Record>> ListAll(metastore::RecordStore& records,
                                               const std::string& kind,
                                               std::vector<std::string> statuses) {
  std::vector<metastore::Record> all;
  metastore::Filter filter;
  filter.kind = kind;
  filter.statuses = std::move(statuses);
  metastore::ListOptions options;
  options.limit = kPageSize;
  do {
    ASSIGN_OR_RETURN(auto page, records.List(filter, options));
    for (auto& record : page.records) all.push_back(std::move(record));
    options.page_token = page.next_token;
  } while (!options.page_token.empty());
  return all;
}

std::string NewInstanceId() { return "i-" + NewId(12); }

std::uint64_t ReservedMemory(const Machine& machine, const WorkloadPlan& plan) {
  const auto type = ParseInstanceType(plan.instance_type);
  return Reservation(machine, type.ok() ? type->memory_bytes : 0);
}

Instance PlannedInstance(const Machine& machine, const std::string& id, const metastore::Key& owner,
                         const WorkloadPlan& plan, const std::string& log_stream) {
  return {.id = id,
          .owner = owner,
          .host = plan.current_host,
          .variant = {},
          .token_hash = {},
          .role_arn = plan.role_arn,
          .network = plan.network,
          .log = {owner.scope, plan.log_group, log_stream},
          .memory_bytes = ReservedMemory(machine, plan),
          .principal = plan.principal,
          .reports = {}};
}

std::vector<RunningInstance> Running(const std::vector<Instance>& instances) {
  std::vector<RunningInstance> running;
  for (const auto& instance : instances)
    running.push_back({.is_job = instance.owner.kind == kTrainingJobKind,
                       .principal = instance.principal,
                       .memory_bytes = instance.memory_bytes});
  return running;
}

}  // namespace sagebrush::orchestrator
