// SPDX-License-Identifier: Apache-2.0
// What each allows follows the AWS Managed Policy Reference Guide. AmazonSageMakerFullAccess is
// kept to the services that this server has.
#include "iam/aws_managed_policies.h"

namespace sagebrush::iam {

namespace {

struct Known {
  std::string_view name;
  std::string_view id;
  std::string_view description;
  std::string_view document;
};

constexpr Known kKnown[] = {
    {"AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK",
     "Provides full access to AWS services and resources.",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"},
    {"AmazonS3FullAccess", "ANPAIFIR6V6BVTRAHWINE",
     "Provides full access to all buckets via the AWS Management Console.",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","s3-object-lambda:*"],"Resource":"*"}]})"},
    {"AmazonS3ReadOnlyAccess", "ANPAIZTJ4DXE7G6AGAE6M",
     "Provides read only access to all buckets via the AWS Management Console.",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Describe*","s3-object-lambda:Get*","s3-object-lambda:List*"],"Resource":"*"}]})"},
    {"AmazonSageMakerFullAccess", "ANPAJZ5IWYMXO5QDB4QOG",
     "Provides full access to Amazon SageMaker via the AWS Management Console and SDK.",
     R"({"Version":"2012-10-17","Statement":[
{"Effect":"Allow","Action":["sagemaker:*"],"Resource":"*"},
{"Effect":"Allow","Action":["application-autoscaling:*","cloudwatch:DeleteAlarms","cloudwatch:DescribeAlarms","cloudwatch:GetMetricData","cloudwatch:GetMetricStatistics","cloudwatch:ListMetrics","cloudwatch:PutMetricAlarm","cloudwatch:PutMetricData","ecr:BatchCheckLayerAvailability","ecr:BatchGetImage","ecr:Describe*","ecr:GetAuthorizationToken","ecr:GetDownloadUrlForLayer","iam:GetRole","iam:ListRoles","lambda:ListFunctions","logs:CreateLogDelivery","logs:CreateLogGroup","logs:CreateLogStream","logs:DeleteLogDelivery","logs:Describe*","logs:FilterLogEvents","logs:GetLogDelivery","logs:GetLogEvents","logs:ListLogDeliveries","logs:PutLogEvents","logs:PutResourcePolicy","logs:UpdateLogDelivery"],"Resource":"*"},
{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:AbortMultipartUpload"],"Resource":["arn:aws:s3:::*SageMaker*","arn:aws:s3:::*Sagemaker*","arn:aws:s3:::*sagemaker*","arn:aws:s3:::*aws-glue*"]},
{"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*","Condition":{"StringEqualsIgnoreCase":{"s3:ExistingObjectTag/SageMaker":"true"}}},
{"Effect":"Allow","Action":["s3:CreateBucket","s3:GetBucketLocation","s3:ListBucket","s3:ListAllMyBuckets","s3:GetBucketCors","s3:PutBucketCors"],"Resource":"*"},
{"Effect":"Allow","Action":["lambda:InvokeFunction"],"Resource":["arn:aws:lambda:*:*:function:*SageMaker*","arn:aws:lambda:*:*:function:*sagemaker*","arn:aws:lambda:*:*:function:*Sagemaker*","arn:aws:lambda:*:*:function:*LabelingFunction*"]},
{"Effect":"Allow","Action":["iam:PassRole"],"Resource":"arn:aws:iam::*:role/*AmazonSageMaker*","Condition":{"StringEquals":{"iam:PassedToService":["glue.amazonaws.com","robomaker.amazonaws.com","states.amazonaws.com"]}}},
{"Effect":"Allow","Action":["iam:PassRole"],"Resource":"arn:aws:iam::*:role/*","Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}}]})"},
    {"CloudWatchLogsFullAccess", "ANPAJ3ZGNWK2R5HW5BQFO", "Provides full access to CloudWatch Logs",
     R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","cloudwatch:GenerateQuery"],"Resource":"*"}]})"},
};

ManagedPolicy ToPolicy(const Known& known) {
  ManagedPolicy policy;
  policy.name = known.name;
  policy.id = known.id;
  policy.account = "aws";
  policy.description = known.description;
  policy.document = known.document;
  policy.created = FromMillis(1'423'245'600'000);  // 2015-02-06, when most of AWS's own were made
  return policy;
}

}  // namespace

std::optional<ManagedPolicy> FindAwsManagedPolicy(std::string_view arn) {
  for (const Known& known : kKnown)
    if (arn == "arn:aws:iam::aws:policy/" + std::string(known.name)) return ToPolicy(known);
  return std::nullopt;
}

std::vector<ManagedPolicy> AwsManagedPolicies() {
  std::vector<ManagedPolicy> out;
  for (const Known& known : kKnown) out.push_back(ToPolicy(known));
  return out;
}

}  // namespace sagebrush::iam
