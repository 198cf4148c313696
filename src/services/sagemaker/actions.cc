// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/actions.h"

#include "services/sagemaker/resource_type.h"
#include "services/sagemaker/tags.h"

namespace sagebrush::services::sagemaker {

namespace {

using Wanted = std::vector<iam::Access>;

// Passing a role to SageMaker is a right of its own.
void AddPassRole(const Json& input, const char* member, Wanted* wanted) {
  const std::string role = input.GetString(member);
  if (!role.empty())
    wanted->push_back({.action = "iam:PassRole",
                       .resource = role,
                       .context = {{"iam:PassedToService", "sagemaker.amazonaws.com"}}});
}

std::function<Result<TagMap>()> TagsOfRecord(metastore::RecordStore& records, metastore::Key key) {
  return [&records, key = std::move(key)]() -> Result<TagMap> {
    const auto record = records.Get(key);
    if (record.status().code() == Code::kNotFound) return TagMap();
    if (!record.ok()) return record.status();
    return TagsOf(*record);
  };
}

// What the request says about tags. It comes before the validator, so nothing of its shape may be taken for granted.
void AddRequestTags(const Json& input, iam::Access* access) {
  std::vector<std::string> keys;
  if (const Json* tags = input.Find("Tags"); tags != nullptr && tags->is_array())
    for (const auto& tag : tags->AsArray()) {
      keys.push_back(tag.GetString("Key"));
      access->context["aws:RequestTag/" + keys.back()] = tag.GetString("Value");
    }
  if (const Json* gone = input.Find("TagKeys"); gone != nullptr && gone->is_array())
    for (const auto& key : gone->AsArray())
      if (key.is_string()) keys.push_back(key.AsString());
  if (!keys.empty()) access->lists["aws:TagKeys"] = std::move(keys);
}

// What a policy may ask of a new training job or endpoint configuration.
void AddRequestFacts(const Json& input, iam::Access* access) {
  std::vector<std::string> types;
  if (const Json* resources = input.Find("ResourceConfig"))
    if (const std::string type = resources->GetString("InstanceType"); !type.empty())
      types.push_back(type);
  if (const Json* variants = input.Find("ProductionVariants");
      variants != nullptr && variants->is_array())
    for (const auto& variant : variants->AsArray())
      if (const std::string type = variant.GetString("InstanceType"); !type.empty())
        types.push_back(type);
  if (!types.empty()) access->lists["sagemaker:InstanceTypes"] = std::move(types);
  if (const Json* stop = input.Find("StoppingCondition"); stop && stop->Has("MaxRuntimeInSeconds"))
    access->context["sagemaker:MaxRuntimeInSeconds"] =
        std::to_string(stop->GetInt("MaxRuntimeInSeconds"));
  access->context["sagemaker:NetworkIsolation"] =
      input.GetBool("EnableNetworkIsolation") ? "true" : "false";
}

Wanted ForTagOperation(metastore::RecordStore& records, const std::string& action,
                       const RequestContext& context, const Json& input) {
  const std::string arn = input.GetString("ResourceArn");
  // However a client spells a name, policies are matched against the one ARN that the resource has. What cannot be read is
  // refused by the handler whatever is allowed here.
  const auto named = ReadArn(context, arn);
  iam::Access access{.action = action,
                     .resource = named.ok() ? ArnOf(*named->type, context, named->key.name) : arn};
  AddRequestTags(input, &access);
  access.resource_tags = [&records, context, arn]() -> Result<TagMap> {
    const auto found = FindByArn(records, context, arn);
    if (!found.ok()) return TagMap();  // the handler will say so
    return TagsOfRecord(records, found->key)();
  };
  return {std::move(access)};
}

}  // namespace

AccessRule AccessRuleFor(std::string_view operation, metastore::RecordStore& records) {
  const std::string name(operation);
  const std::string action = "sagemaker:" + name;
  if (name == "AddTags" || name == "ListTags" || name == "DeleteTags")
    return [&records, action](const RequestContext& context, const Json& input) {
      return ForTagOperation(records, action, context, input);
    };
  const auto* type = TypeOfOperation(operation);
  if (type == nullptr)  // lists are allowed on everything or nothing
    return [action](const RequestContext&, const Json&) {
      return Wanted{{.action = action, .resource = "*"}};
    };
  return [&records, name, action, type](const RequestContext& context, const Json& input) {
    const std::string resource = input.GetString(type->name_member);
    Wanted wanted{{.action = action, .resource = ArnOf(*type, context, resource)}};
    if (!name.starts_with("Create")) {
      wanted[0].resource_tags = TagsOfRecord(records, KeyOf(*type, context, resource));
    } else {
      AddRequestTags(input, &wanted[0]);
      AddRequestFacts(input, &wanted[0]);
    }
    // An endpoint is made of its configuration, which is asked for by its own ARN.
    if (name == "CreateEndpoint" || name == "UpdateEndpoint") {
      const std::string config = input.GetString("EndpointConfigName");
      wanted.push_back({.action = action, .resource = ArnOf(kEndpointConfig, context, config)});
      wanted.back().context = wanted[0].context;
      wanted.back().lists = wanted[0].lists;
      wanted.back().resource_tags = TagsOfRecord(records, KeyOf(kEndpointConfig, context, config));
    }
    // Who creates with tags must be allowed to add them.
    if (const Json* tags = input.Find("Tags");
        name.starts_with("Create") && tags != nullptr && tags->size() > 0) {
      wanted.push_back({.action = "sagemaker:AddTags", .resource = wanted[0].resource});
      AddRequestTags(input, &wanted.back());
    }
    if (name == "CreateTrainingJob") AddPassRole(input, "RoleArn", &wanted);
    if (name == "CreateModel" || name == "CreateEndpointConfig")
      AddPassRole(input, "ExecutionRoleArn", &wanted);
    return wanted;
  };
}

}  // namespace sagebrush::services::sagemaker
