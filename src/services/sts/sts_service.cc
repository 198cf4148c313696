// SPDX-License-Identifier: Apache-2.0
#include "services/sts/sts_service.h"

#include "services/sts/actions.h"
#include "services/sts/session.h"

namespace sagebrush::services {

namespace {

class StsService final : public Service {
 public:
  StsService(const iam::IdentityFiles& identity, iam::Roles& roles, const Clock& clock)
      : sessions_(identity, roles, clock) {
    const auto add =
        [this](std::string name,
               aws::Outcome<Json> (sts::Sessions::*handler)(const RequestContext&, const Json&),
               AccessRule rule) {
          operations_[std::move(name)] = {
              .document = [this, handler](
                              const RequestContext& context,
                              const Json& input) { return (sessions_.*handler)(context, input); },
              .stream = nullptr,
              .access = std::move(rule)};
        };
    add("AssumeRole", &sts::Sessions::AssumeRole, sts::AllowAssumeRole());
    add("GetCallerIdentity", &sts::Sessions::GetCallerIdentity, sts::Anybody());
    add("GetSessionToken", &sts::Sessions::GetSessionToken, sts::Anybody());
  }

  std::string_view name() const override { return "sts"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  sts::Sessions sessions_;
  std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

std::unique_ptr<Service> MakeStsService(const iam::IdentityFiles& identity, iam::Roles& roles,
                                        const Clock& clock) {
  return std::make_unique<StsService>(identity, roles, clock);
}

}  // namespace sagebrush::services
