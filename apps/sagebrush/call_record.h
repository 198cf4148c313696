// SPDX-License-Identifier: Apache-2.0
// CallRecord: which client called which operation with success, for docs/coverage.md. It writes nothing unless
// SAGEBRUSH_RECORD_CALLS names a file, which the acceptance tests do; then one line each, `service operation client`,
// the first time only. Any thread may call.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace sagebrush::apps {

// "aws-cli/1.46.5", "Boto3/1.44.5": the client that a user agent names, the outermost of those it stands
// on; "" for one that is none of AWS's (an agent's own calls, a test's).
std::string ClientOf(std::string_view user_agent);

class CallRecord {
 public:
  // Null without the variable; a file that cannot be opened is told of in the log.
  static std::unique_ptr<CallRecord> FromEnvironment();
  explicit CallRecord(UniqueFd file) : file_(std::move(file)) {}

  void Add(std::string_view service, std::string_view operation, std::string_view user_agent);

 private:
  UniqueFd file_;
  std::mutex mutex_;
  std::set<std::string> lines_;  // guarded by mutex_: written already
};

}  // namespace sagebrush::apps
