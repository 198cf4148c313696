// SPDX-License-Identifier: Apache-2.0
// Sentences that the real service gave, each with the public place that quotes it, and the request
// that draws it. Older models began their patterns with "^" and spelled that of names in
// other ways, so these spellings count as one; everything else has to be there to the letter.
#include <gtest/gtest.h>

#include "aws/validate.h"
#include "aws_models/services.h"
#include "base/strings.h"

namespace sagebrush::aws {
namespace {

struct RealText {
  std::string_view source;
  std::string_view operation;
  std::string_view document;
  std::string_view sentence;
};

constexpr RealText kTexts[] = {
    {"zenml-io/zenml issue 1502", "CreateTrainingJob",
     R"({"TrainingJobName":"mnist_pipeline-2023_04"})",
     "Value 'mnist_pipeline-2023_04' at 'trainingJobName' failed to satisfy constraint: Member "
     "must "
     "satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"},
    {"aws-samples/sagemaker-ml-workflow-with-apache-airflow issue 3", "CreateModel",
     R"({"ModelName":"{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}"})",
     "Value '{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}' at "
     "'modelName' failed to satisfy constraint: Member must have length less than or equal to 63"},
    {"aws-samples/sagemaker-ml-workflow-with-apache-airflow issue 3", "CreateModel",
     R"({"ModelName":"{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}"})",
     "Value '{{ ti.xcom_pull(task_ids='model_training')['Training']['TrainingJobName'] }}' at "
     "'modelName' failed to satisfy constraint: Member must satisfy regular expression pattern: "
     "^[a-zA-Z0-9](-*[a-zA-Z0-9])*"},
    {"aws/amazon-sagemaker-examples issue 2236", "CreateEndpointConfig",
     R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"AllTraffic","ModelName":"ENTER MODEL NAME"}]})",
     "Value 'ENTER MODEL NAME' at 'productionVariants.1.member.modelName' failed to satisfy "
     "constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*"},
    {"awslabs/sagemaker-deep-demand-forecast issue 41", "CreateNotebookInstanceLifecycleConfig",
     R"({"NotebookInstanceLifecycleConfigName":"sagemaker-deep-demand-forecast/1.2.0-nb-lifecycle-config"})",
     "Value 'sagemaker-deep-demand-forecast/1.2.0-nb-lifecycle-config' at "
     "'notebookInstanceLifecycleConfigName' failed to satisfy constraint: Member must satisfy "
     "regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*"},
};

std::string OnePatternSpelling(std::string text) {
  text = ReplaceAll(std::move(text), "pattern: ^", "pattern: ");
  text = ReplaceAll(std::move(text), "(-*[a-zA-Z0-9]){0,62}", "(-*[a-zA-Z0-9])*");
  return ReplaceAll(std::move(text), R"(([\-a-zA-Z0-9]*[a-zA-Z0-9])?)", "(-*[a-zA-Z0-9])*");
}

TEST(ValidateTexts, AreTheRealOnes) {
  Validator validator;
  for (const RealText& real : kTexts) {
    const auto error =
        validator.Check(SagemakerModel(), *SagemakerModel().FindOperation(real.operation),
                        Json::Parse(real.document).value());
    ASSERT_TRUE(error) << real.source;
    // Sentences are joined by "; " after "2 validation errors detected: ", in no order to rely on.
    const std::string all =
        "; " + OnePatternSpelling(error->message.substr(error->message.find(": ") + 2)) + "; ";
    EXPECT_NE(all.find("; " + OnePatternSpelling(std::string(real.sentence)) + "; "),
              std::string::npos)
        << real.source << "\n"
        << all;
  }
}

// aws/sagemaker-python-sdk pull request 6016: "Value '{freeze_vision_model=True, ...,
// learning_rate=1e-06}' at 'hyperParameters' failed to satisfy constraint: Member must have length
// less than or equal to 100".
TEST(ValidateTexts, ATooLargeMapIsShownWhole) {
  Json job = Json::Object({{"TrainingJobName", "j"}});
  std::string shown;
  for (int i = 0; i < 101; ++i) {
    const std::string name = "p" + std::to_string(i);
    job["HyperParameters"][name] = "True";
    shown += (shown.empty() ? "" : ", ") + name + "=True";
  }
  Validator validator;

  const auto error =
      validator.Check(SagemakerModel(), *SagemakerModel().FindOperation("CreateTrainingJob"), job);

  ASSERT_TRUE(error);
  EXPECT_NE(error->message.find("Value '{" + shown +
                                "}' at 'hyperParameters' failed to satisfy "
                                "constraint: Member must have length less than or equal to 100"),
            std::string::npos)
      << error->message.substr(0, 200);
}

}  // namespace
}  // namespace sagebrush::aws
