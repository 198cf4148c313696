// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/instances.h"

#include "base/hash.h"

namespace sagebrush::orchestrator {

namespace {

constexpr char kKind[] = "instance";
constexpr int kPageSize = 1000;
constexpr int kTries =
    10;  // of an optimistic update; only its agent and the loop write to a record

metastore::Key KeyOf(const std::string& id) { return {kKind, "", id}; }

Json ToJson(const Report& report) {
  return Json::Object({{"number", report.number},
                       {"at", ToMillis(report.at)},
                       {"phase", report.phase},
                       {"message", report.message},
                       {"failure", report.failure},
                       {"exit_code", report.exit_code}});
}

Json ToJson(const Instance& instance) {
  Json reports = Json::Array();
  for (const auto& report : instance.reports) reports.Append(ToJson(report));
  return Json::Object({{"owner_kind", instance.owner.kind},
                       {"owner_scope", instance.owner.scope},
                       {"owner_name", instance.owner.name},
                       {"host", instance.host},
                       {"variant", instance.variant},
                       {"token_hash", instance.token_hash},
                       {"role_arn", instance.role_arn},
                       {"network", instance.network},
                       {"log_scope", instance.log.scope},
                       {"log_group", instance.log.group},
                       {"log_stream", instance.log.stream},
                       {"memory_bytes", instance.memory_bytes},
                       {"principal", instance.principal},
                       {"reports", std::move(reports)}});
}

Instance FromRecord(const metastore::Record& record) {
  const Json& json = record.document;
  Instance instance{.id = record.key.name,
                    .owner = {json.GetString("owner_kind"), json.GetString("owner_scope"),
                              json.GetString("owner_name")},
                    .host = json.GetString("host"),
                    .variant = json.GetString("variant"),
                    .token_hash = json.GetString("token_hash"),
                    .role_arn = json.GetString("role_arn"),
                    .network = json.GetBool("network"),
                    .log = {json.GetString("log_scope"), json.GetString("log_group"),
                            json.GetString("log_stream")},
                    .memory_bytes = static_cast<std::uint64_t>(json.GetInt("memory_bytes")),
                    .principal = json.GetString("principal"),
                    .reports = {}};
  if (const Json* reports = json.Find("reports"); reports != nullptr && reports->is_array()) {
    for (const auto& report : reports->AsArray())
      instance.reports.push_back({.number = static_cast<int>(report.GetInt("number")),
                                  .at = FromMillis(report.GetInt("at")),
                                  .phase = report.GetString("phase"),
                                  .message = report.GetString("message"),
                                  .failure = report.GetString("failure"),
                                  .exit_code = static_cast<int>(report.GetInt("exit_code"))});
  }
  return instance;
}

}  // namespace

metastore::Write Instances::InsertWrite(const Instance& instance) const {
  const TimePoint now = clock_.Now();
  return {.action = metastore::Write::Action::kInsert,
          .record = {.key = KeyOf(instance.id),
                     .version = 0,
                     .created = now,
                     .modified = now,
                     .status = {},
                     .document = ToJson(instance)}};
}

metastore::Write Instances::DeleteWrite(const std::string& id) const {
  metastore::Write write{.action = metastore::Write::Action::kDelete, .record = {}};
  write.record.key = KeyOf(id);
  return write;
}

Result<Instance> Instances::Get(const std::string& id) const {
  ASSIGN_OR_RETURN(const auto record, records_.Get(KeyOf(id)));
  return FromRecord(record);
}

Result<std::shared_ptr<const std::vector<Instance>>> Instances::All() const {
  const std::uint64_t as_of = records_.watch().ChangesOf(kKind);
  {
    const std::lock_guard lock(mutex_);
    if (all_ != nullptr && all_as_of_ == as_of) return all_;
  }
  std::vector<Instance> all;
  metastore::ListOptions options;
  options.limit = kPageSize;
  metastore::Filter filter;
  filter.kind = kKind;
  do {
    ASSIGN_OR_RETURN(const auto page, records_.List(filter, options));
    for (const auto& record : page.records) all.push_back(FromRecord(record));
    options.page_token = page.next_token;
  } while (!options.page_token.empty());
  const std::lock_guard lock(mutex_);
  all_ = std::make_shared<const std::vector<Instance>>(std::move(all));
  all_as_of_ = as_of;
  return all_;
}

Status Instances::Change(const std::string& id, const std::function<bool(Instance&)>& change) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    ASSIGN_OR_RETURN(auto record, records_.Get(KeyOf(id)));
    Instance instance = FromRecord(record);
    if (!change(instance)) return Status::Ok();
    record.document = ToJson(instance);
    record.modified = clock_.Now();
    const Status updated = records_.Update(record);
    if (updated.code() != Code::kFailedPrecondition) return updated;
  }
  return Unavailable("the record of instance " + id + " keeps changing");
}

Status Instances::SetToken(const std::string& id, const std::string& token) {
  return Change(id, [&](Instance& instance) {
    instance.token_hash = HexEncode(Sha256(token));
    return true;
  });
}

Status Instances::AddReport(const std::string& id, const Report& report) {
  return Change(id, [&](Instance& instance) {
    auto& reports = instance.reports;
    if (!reports.empty() && report.number <= reports.back().number) return false;
    // A download reports its progress every second, for hours perhaps: the first such report stands for all.
    const bool goes_on =
        !reports.empty() && report.phase == "Downloading" && reports.back().phase == report.phase;
    if (!goes_on)
      reports.push_back(report);
    else
      reports.back().number = report.number;
    return true;
  });
}

}  // namespace sagebrush::orchestrator
