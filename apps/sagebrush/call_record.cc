// SPDX-License-Identifier: Apache-2.0
#include "apps/sagebrush/call_record.h"

#include <cstdlib>
#include <fcntl.h>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/strings.h"

namespace sagebrush::apps {

std::string ClientOf(std::string_view user_agent) {
  const auto words = Split(user_agent, ' ');
  // SageMaker's SDK 2 and 3 behind boto3's name: "Boto3/1.44.5 … lib/AWS-SageMaker-Python-SDK#2.257.7".
  constexpr std::string_view kLibrary = "lib/AWS-SageMaker-Python-SDK#";
  for (const std::string_view word : words)
    if (word.starts_with(kLibrary))
      return "AWS-SageMaker-Python-SDK/" + std::string(word.substr(kLibrary.size()));
  // SDK 1 puts its name before boto3's, on which it stands.
  for (const std::string_view name :
       {"AWS-SageMaker-Python-SDK/", "aws-cli/", "Boto3/", "Botocore/", "aws-sdk-js/"})
    for (const std::string_view word : words)
      if (word.starts_with(name)) return std::string(word);
  return "";
}

std::unique_ptr<CallRecord> CallRecord::FromEnvironment() {
  const char* path = std::getenv("SAGEBRUSH_RECORD_CALLS");
  if (path == nullptr) return nullptr;
  auto file = OpenFile(path, O_WRONLY | O_CREAT | O_APPEND);
  if (file.ok()) return std::make_unique<CallRecord>(std::move(*file));
  LogError("calls", file.status().message());
  return nullptr;
}

void CallRecord::Add(std::string_view service, std::string_view operation,
                     std::string_view user_agent) {
  const std::string client = ClientOf(user_agent);
  if (client.empty()) return;
  std::string line(service);
  line.append(" ").append(operation).append(" ").append(client).append("\n");
  const std::scoped_lock lock(mutex_);
  if (!lines_.insert(line).second) return;
  // One write appends it whole beside those of other servers. A line that is lost is missed in the page.
  if (const Status written = WriteAll(file_.get(), line); !written.ok())
    LogError("calls", written.message());
}

}  // namespace sagebrush::apps
