// SPDX-License-Identifier: Apache-2.0
// What the tests of this folder share: SageMaker's control plane over records in memory and real stores in a fresh folder,
// with one image ("tf", to train and to host) and one role.
#pragma once

#include <memory>
#include <string>

#include "base/file.h"
#include "services/sagemaker/sagemaker_service.h"
#include "services/test_service.h"
#include "testing/memory_record_store.h"

namespace sagebrush::services::sagemaker {

class SageMakerTest : public ServiceTest {
 protected:
  SageMakerTest() : ServiceTest(aws::Protocol::kJson) {
    EXPECT_TRUE(
        WriteFile(folder_.path() / "tf.json",
                  R"({"name":"tf","framework_version":"1.15.5","python":"bin/python","make":"m",
      "images":[{"role":"training","repositories":["tf"],"tag":".*"},{"role":"hosting","repositories":["tf"],"tag":".*"}],
      "hosting":{"server":"s","library":"tf"}})")
            .ok());
    catalogue_ = std::make_unique<orchestrator::Catalogue>(
        orchestrator::Catalogue::Load(folder_.path()).value());
    iam::Role role;
    role.name = "Exec";
    role.account = context_.account;
    role.trust_policy =
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]})";
    EXPECT_TRUE(roles_.Create(role).ok());
    role_arn_ = role.arn();
    service_ = MakeSageMakerService({.records = records_,
                                     .roles = roles_,
                                     .objects = *objects_,
                                     .catalogue = *catalogue_,
                                     .metrics = metrics_,
                                     .nudge = [this] { ++nudges_; }});
  }
  const Service& service() const override { return *service_; }

  TempFolder folder_ = TempFolder::Create("sagemaker").value();
  testing::MemoryRecordStore records_;
  iam::Roles roles_{records_, clock_};
  std::unique_ptr<objectstore::ObjectStore> objects_ =
      objectstore::ObjectStore::Open(folder_.path() / "objects", clock_).value();
  std::unique_ptr<metricstore::MetricStore> metric_store_ =
      metricstore::MetricStore::Open(folder_.path() / "metrics", clock_).value();
  sagemaker_metrics::JobMetrics metrics_{records_, *metric_store_, clock_};
  std::unique_ptr<orchestrator::Catalogue> catalogue_;
  std::string role_arn_;
  int nudges_ = 0;
  std::unique_ptr<Service> service_;
};

}  // namespace sagebrush::services::sagemaker
