// SPDX-License-Identifier: Apache-2.0
#include "services/logs/log_group.h"

#include <algorithm>

#include "base/strings.h"
#include "metastore/page_token.h"
#include "services/logs/common.h"

namespace sagebrush::services::logs {

namespace {

using api::logs::DescribeLogGroupsRequest;
using api::logs::DescribeLogGroupsResponse;
using api::logs::LogGroupClass;

constexpr std::string_view kPurpose = "logs.groups.1";
constexpr int kDefaultLimit = 50;

api::logs::LogGroup Describe(const RequestContext& context, const logstore::Group& group,
                             bool is_whole) {
  api::logs::LogGroup out;
  out.log_group_name = group.name;
  out.creation_time = group.created_ms;
  out.arn = GroupArn(context, group.name) + ":*";
  out.metric_filter_count = 0;
  if (is_whole) {
    out.stored_bytes = group.stored_bytes;
    out.deletion_protection_enabled = false;
  }
  out.log_group_class = LogGroupClass::kStandard;
  out.log_group_arn = GroupArn(context, group.name);
  return out;
}

// Whether the filters leave out all that we have: every group is this account's and of the standard
// class.
bool ExcludesAll(const RequestContext& context, const DescribeLogGroupsRequest& request) {
  if (request.log_group_class.value_or(LogGroupClass::kStandard) != LogGroupClass::kStandard)
    return true;
  const auto& accounts = request.account_identifiers;
  return accounts && !accounts->empty() &&
         std::find(accounts->begin(), accounts->end(), context.account) == accounts->end();
}

aws::Outcome<DescribeLogGroupsResponse> DescribeNamed(logstore::LogStore& store,
                                                      const RequestContext& context,
                                                      const std::vector<std::string>& identifiers) {
  DescribeLogGroupsResponse response;
  auto& found = response.log_groups.emplace();
  for (const std::string& identifier : identifiers) {
    const std::string name = NameInIdentifier(context, identifier);
    if (name.empty()) continue;
    const auto groups = store.ListGroups(context.scope(), name, "",
                                         1);  // the shortest with that prefix is the name itself
    if (!groups.ok()) return FromStore(groups.status());
    if (!groups->empty() && groups->front().name == name)
      found.push_back(Describe(context, groups->front(), true));
  }
  return response;
}

}  // namespace

aws::Outcome<std::monostate> CreateLogGroup(logstore::LogStore& store,
                                            const RequestContext& context,
                                            const api::logs::CreateLogGroupRequest& request) {
  if (ToLower(request.log_group_name).starts_with("aws/"))
    return InvalidParameter("Log groups starting with AWS/ are reserved for AWS.");
  // Refused rather than ignored: whoever asks for these relies on them.
  if (request.kms_key_id)
    return InvalidParameter(
        "kmsKeyId is not supported: log events are stored as the data folder's disk is.");
  if (request.log_group_class.value_or(LogGroupClass::kStandard) != LogGroupClass::kStandard)
    return InvalidParameter("Only the log group class STANDARD is supported.");
  if (request.deletion_protection_enabled.value_or(false))
    return InvalidParameter("deletionProtectionEnabled is not supported.");
  if (const Status status = store.CreateGroup(context.scope(), request.log_group_name);
      !status.ok())
    return FromStore(status);
  return std::monostate{};
}

aws::Outcome<std::monostate> DeleteLogGroup(logstore::LogStore& store,
                                            const RequestContext& context,
                                            const api::logs::DeleteLogGroupRequest& request) {
  if (const Status status = store.DeleteGroup(context.scope(), request.log_group_name);
      !status.ok())
    return FromStore(status);
  return std::monostate{};
}

aws::Outcome<DescribeLogGroupsResponse> DescribeLogGroups(logstore::LogStore& store,
                                                          const RequestContext& context,
                                                          const DescribeLogGroupsRequest& request) {
  if (request.log_group_name_prefix && request.log_group_name_pattern)
    return InvalidParameter(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
  if (request.log_group_identifiers &&
      (request.log_group_name_prefix || request.log_group_name_pattern || request.next_token))
    return InvalidParameter(
        "logGroupIdentifiers cannot be used together with a prefix, a pattern or a nextToken.");
  DescribeLogGroupsResponse response;
  auto& described = response.log_groups.emplace();
  if (ExcludesAll(context, request)) return response;
  if (request.log_group_identifiers)
    return DescribeNamed(store, context, *request.log_group_identifiers);

  std::string after;
  if (request.next_token) {
    const auto fields = metastore::ReadPageToken(kPurpose, *request.next_token, 1);
    if (!fields.ok()) return FromStore(fields.status());
    after = fields->front();
  }
  const std::string pattern = request.log_group_name_pattern.value_or("");
  const auto limit = static_cast<std::size_t>(request.limit.value_or(kDefaultLimit));
  for (;;) {
    constexpr int kBatch = 200;
    const auto groups = store.ListGroups(context.scope(),
                                         request.log_group_name_prefix.value_or(""), after, kBatch);
    if (!groups.ok()) return FromStore(groups.status());
    for (const logstore::Group& group : *groups) {
      if (group.name.find(pattern) == std::string::npos) continue;
      if (described.size() == limit) {  // another one is there, so the page is truncated indeed
        response.next_token =
            metastore::MakePageToken(kPurpose, {*described.back().log_group_name});
        return response;
      }
      // Recorded from AWS: what a pattern finds comes without its size and its protection.
      described.push_back(Describe(context, group, !request.log_group_name_pattern));
    }
    if (groups->size() < static_cast<std::size_t>(kBatch)) return response;
    after = groups->back().name;
  }
}

}  // namespace sagebrush::services::logs
