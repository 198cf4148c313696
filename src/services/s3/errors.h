// SPDX-License-Identifier: Apache-2.0
// S3's errors in AWS's words. The object store's statuses begin with the error's name; here they get the sentence and the
// fields that clients read. Source: Amazon S3 API Reference, "Error responses", and replies recorded by s3-tests and SDKs.
// Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/error.h"
#include "base/status.h"
#include "objectstore/object_store.h"

namespace sagebrush::services::s3 {

// What a request is about.
struct Subject {
  std::string bucket, key, upload_id;
};

// An error of S3's list, with its standard sentence.
aws::Error MakeError(std::string_view code, const Subject& subject = {});
// One with a sentence of its own.
aws::Error MakeError(std::string_view code, std::string message);
// InvalidArgument, which names the argument.
aws::Error InvalidArgumentError(std::string message, std::string_view name, std::string_view value);

// The object store's status.
aws::Error ErrorOf(const Status& status, const Subject& subject);

// Adds the condition that a failed write named, where the error is PreconditionFailed.
aws::Error WithCondition(aws::Error error, const objectstore::Conditions& conditions);

// Adds the part that a completion was refused for, where the error is about one.
aws::Error WithPart(aws::Error error, const objectstore::RefusedPart& part);

template <typename T>
aws::Outcome<T> ToldWrite(Result<T> result, const Subject& subject,
                          const objectstore::Conditions& conditions) {
  if (!result.ok()) return WithCondition(ErrorOf(result.status(), subject), conditions);
  return std::move(result).value();
}

template <typename T>
aws::Outcome<T> Told(Result<T> result, const Subject& subject) {
  if (!result.ok()) return ErrorOf(result.status(), subject);
  return std::move(result).value();
}

}  // namespace sagebrush::services::s3
