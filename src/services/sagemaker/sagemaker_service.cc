// SPDX-License-Identifier: Apache-2.0
#include "services/sagemaker/sagemaker_service.h"

#include "services/sagemaker/actions.h"
#include "services/sagemaker/endpoint.h"
#include "services/sagemaker/endpoint_config.h"
#include "services/sagemaker/model.h"
#include "services/sagemaker/tags.h"
#include "services/sagemaker/training_job.h"
#include "services/sagemaker/waiting_client.h"

namespace sagebrush::services::sagemaker {

namespace {

class SageMakerService final : public Service {
 public:
  explicit SageMakerService(const Dependencies& dependencies)
      : records_(dependencies.records),
        training_jobs_(dependencies),
        models_(dependencies),
        endpoint_configs_(dependencies),
        endpoints_(dependencies),
        tags_(dependencies) {
    Add("CreateTrainingJob", training_jobs_, &TrainingJobs::Create);
    Add("DescribeTrainingJob", training_jobs_, &TrainingJobs::Describe);
    Add("ListTrainingJobs", training_jobs_, &TrainingJobs::List);
    Add("StopTrainingJob", training_jobs_, &TrainingJobs::Stop);
    Add("CreateModel", models_, &Models::Create);
    Add("DescribeModel", models_, &Models::Describe);
    Add("ListModels", models_, &Models::List);
    Add("DeleteModel", models_, &Models::Delete);
    Add("CreateEndpointConfig", endpoint_configs_, &EndpointConfigs::Create);
    Add("DescribeEndpointConfig", endpoint_configs_, &EndpointConfigs::Describe);
    Add("ListEndpointConfigs", endpoint_configs_, &EndpointConfigs::List);
    Add("DeleteEndpointConfig", endpoint_configs_, &EndpointConfigs::Delete);
    Add("CreateEndpoint", endpoints_, &Endpoints::Create);
    Add("DescribeEndpoint", endpoints_, &Endpoints::Describe);
    Add("ListEndpoints", endpoints_, &Endpoints::List);
    Add("UpdateEndpoint", endpoints_, &Endpoints::Update);
    Add("DeleteEndpoint", endpoints_, &Endpoints::Delete);
    Add("AddTags", tags_, &Tags::Add);
    Add("ListTags", tags_, &Tags::List);
    Add("DeleteTags", tags_, &Tags::Delete);
    for (const char* reads_one_record :
         {"DescribeTrainingJob", "DescribeModel", "DescribeEndpointConfig", "DescribeEndpoint"})
      operations_.at(reads_one_record).at_once = true;
    operations_.at("DescribeTrainingJob").hold = HoldTrainingJob(records_);
    operations_.at("DescribeEndpoint").hold = HoldEndpoint(records_);
  }

  std::string_view name() const override { return "sagemaker"; }
  const std::map<std::string, Operation, std::less<>>& operations() const override {
    return operations_;
  }

 private:
  template <typename Resource>
  void Add(const char* operation, Resource& resource,
           aws::Outcome<Json> (Resource::*handler)(const RequestContext&, const Json&)) {
    operations_.emplace(operation, Operation{.document =
                                                 [&resource, handler](const RequestContext& context,
                                                                      const Json& input) {
                                                   return (resource.*handler)(context, input);
                                                 },
                                             .stream = nullptr,
                                             .access = AccessRuleFor(operation, records_)});
  }

  metastore::RecordStore& records_;
  TrainingJobs training_jobs_;
  Models models_;
  EndpointConfigs endpoint_configs_;
  Endpoints endpoints_;
  Tags tags_;
  std::map<std::string, Operation, std::less<>> operations_;
};

}  // namespace

}  // namespace sagebrush::services::sagemaker

namespace sagebrush::services {

std::unique_ptr<Service> MakeSageMakerService(const sagemaker::Dependencies& dependencies) {
  return std::make_unique<sagemaker::SageMakerService>(dependencies);
}

}  // namespace sagebrush::services
