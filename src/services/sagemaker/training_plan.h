// SPDX-License-Identifier: Apache-2.0
// From CreateTrainingJob's request to the plan that the orchestrator keeps (orchestrator/plan.h): pure.
#pragma once

#include <string>

#include "aws/error.h"
#include "aws_models/sagemaker/training_job.h"
#include "orchestrator/catalogue.h"
#include "orchestrator/plan.h"
#include "services/context.h"

namespace sagebrush::services::sagemaker {

// Everything that could refuse the job later is refused here, in AWS's words.
aws::Outcome<orchestrator::TrainingPlan> PlanTrainingJob(
    const RequestContext& context, const api::sagemaker::CreateTrainingJobRequest& request,
    const std::string& arn, const orchestrator::Catalogue& catalogue);

}  // namespace sagebrush::services::sagemaker
