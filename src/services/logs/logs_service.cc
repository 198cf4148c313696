// SPDX-License-Identifier: Apache-2.0
#include "services/logs/logs_service.h"

#include "aws/bind.h"
#include "services/logs/actions.h"
#include "services/logs/log_event.h"
#include "services/logs/log_group.h"
#include "services/logs/log_stream.h"

namespace sagebrush::services {

namespace {

Json ToDocument(std::monostate) { return Json::Object(); }
template <typename Response>
Json ToDocument(const Response& response) {
  return ToJson(response);
}

// A typed handler as a document handler.
template <typename Request, typename Response>
DocumentHandler Bound(logstore::LogStore& store,
                      aws::Outcome<Response> (*handler)(logstore::LogStore&, const RequestContext&,
                                                        const Request&)) {
  return [&store, handler](const RequestContext& context, const Json& input) -> aws::Outcome<Json> {
    ASSIGN_OR_RETURN(const Request request, aws::Bind<Request>(input));
    ASSIGN_OR_RETURN(const Response response, handler(store, context, request));
    return ToDocument(response);
  };
}

class LogsService final : public Service {
 public:
  explicit LogsService(logstore::LogStore& store)
      : operations_{
            {"CreateLogGroup",
             {Bound(store, logs::CreateLogGroup), {}, logs::AllowOnGroup("logs:CreateLogGroup")}},
            {"DeleteLogGroup",
             {Bound(store, logs::DeleteLogGroup), {}, logs::AllowOnGroup("logs:DeleteLogGroup")}},
            {"DescribeLogGroups",
             {Bound(store, logs::DescribeLogGroups),
              {},
              logs::AllowOnGroupPrefix("logs:DescribeLogGroups")}},
            {"CreateLogStream",
             {Bound(store, logs::CreateLogStream),
              {},
              logs::AllowOnStream("logs:CreateLogStream")}},
            {"DeleteLogStream",
             {Bound(store, logs::DeleteLogStream),
              {},
              logs::AllowOnStream("logs:DeleteLogStream")}},
            {"DescribeLogStreams",
             {Bound(store, logs::DescribeLogStreams),
              {},
              logs::AllowOnGroup("logs:DescribeLogStreams")}},
            {"PutLogEvents",
             {Bound(store, logs::PutLogEvents), {}, logs::AllowOnStream("logs:PutLogEvents")}},
            {"GetLogEvents",
             {Bound(store, logs::GetLogEvents), {}, logs::AllowOnStream("logs:GetLogEvents")}},
            {"FilterLogEvents",
             {Bound(store, logs::FilterLogEvents), {}, logs::AllowOnGroup("logs:FilterLogEvents")}},
        } {}

  std::string_view name() const override { return "logs"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  const std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

std::unique_ptr<Service> MakeLogsService(logstore::LogStore& store) {
  return std::make_unique<LogsService>(store);
}

}  // namespace sagebrush::services
