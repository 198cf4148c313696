// SPDX-License-Identifier: Apache-2.0
#include "services/logs/common.h"

namespace sagebrush::services::logs {

aws::Error InvalidParameter(std::string message) {
  return {"InvalidParameterException", std::move(message)};
}

aws::Error FromStore(const Status& status) {
  const bool group = status.message().starts_with("group");
  switch (status.code()) {
    case Code::kNotFound:
      return {"ResourceNotFoundException", group ? "The specified log group does not exist."
                                                 : "The specified log stream does not exist."};
    case Code::kAlreadyExists:
      return {"ResourceAlreadyExistsException", group ? "The specified log group already exists"
                                                      : "The specified log stream already exists"};
    case Code::kInvalidArgument:
      return InvalidParameter("The specified nextToken is invalid.");
    case Code::kResourceExhausted:
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return {"ServiceUnavailableException", status.message()};
    default:
      return aws::FromStatus(aws::Protocol::kJson, status);
  }
}

std::string NameInIdentifier(const RequestContext& context, const std::string& identifier) {
  if (!identifier.starts_with("arn:")) return identifier;
  const std::string prefix = context.Arn("logs", "log-group:");
  if (!identifier.starts_with(prefix)) return "";
  std::string name = identifier.substr(prefix.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name.find(':') == std::string::npos ? name : "";
}

aws::Outcome<std::string> GroupName(const RequestContext& context,
                                    const std::optional<std::string>& name,
                                    const std::optional<std::string>& identifier) {
  if (name && identifier)
    return aws::Error{"ValidationException",
                      "LogGroup name and LogGroup ARN are mutually exclusive parameters."};
  if (!name && !identifier)
    return InvalidParameter(
        "Exactly one of logGroupName and logGroupIdentifier must be specified.");
  return name ? *name : NameInIdentifier(context, *identifier);
}

std::string GroupArn(const RequestContext& context, const std::string& group) {
  return context.Arn("logs", "log-group:" + group);
}

std::string StreamArn(const RequestContext& context, const std::string& group,
                      const std::string& stream) {
  return GroupArn(context, group) + ":log-stream:" + stream;
}

std::string SequenceToken(std::int64_t millis) {
  const std::string digits = std::to_string(millis);
  return "49" + std::string(54 - digits.size(), '0') + digits;
}

}  // namespace sagebrush::services::logs
