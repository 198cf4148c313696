// SPDX-License-Identifier: Apache-2.0
// What the tests of services whose operations are documents share: calls through the door the request chain uses, as somebody
// who may do everything. Requests are not validated here; the chain does that.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "services/service.h"
#include "testing/fake_clock.h"

namespace sagebrush::services {

class ServiceTest : public ::testing::Test {
 protected:
  explicit ServiceTest(aws::Protocol protocol) : protocol_(protocol) {
    context_.account = "123456789012";
    context_.region = "us-west-2";
    context_.principal.arn = "arn:aws:iam::123456789012:root";
  }

  virtual const Service& service() const = 0;

  aws::Outcome<Json> Try(std::string_view operation, const Json& input = Json::Object()) {
    const auto found = service().operations().find(operation);
    if (found == service().operations().end()) return Internal("no such operation");
    context_.now = clock_.Now();
    return found->second.document(context_, input);
  }
  // Of what must be accepted: the answer.
  Json Call(std::string_view operation, const Json& input = Json::Object()) {
    const auto outcome = Try(operation, input);
    EXPECT_TRUE(outcome.ok()) << operation << ": " << Words(outcome);
    return outcome.ok() ? *outcome : Json::Object();
  }
  // "Code: message", or "accepted".
  std::string Refusal(std::string_view operation, const Json& input = Json::Object()) {
    return Words(Try(operation, input));
  }
  std::vector<iam::Access> AccessOf(std::string_view operation, const Json& input) const {
    return service().operations().find(operation)->second.access(context_, input);
  }

  testing::FakeClock clock_;
  RequestContext context_;  // `now` is the clock's

 private:
  std::string Words(const aws::Outcome<Json>& outcome) const {
    if (outcome.ok()) return "accepted";
    const aws::Error error = outcome.error(protocol_);
    return error.code + ": " + error.message;
  }

  const aws::Protocol protocol_;
};

}  // namespace sagebrush::services
