// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/catalogue.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::orchestrator {
namespace {

class CatalogueTest : public ::testing::Test {
 protected:
  CatalogueTest() : folder_(TempFolder::Create().value()) {
    EXPECT_TRUE(
        WriteFile(
            folder_.path() / "tf.json",
            R"({"name":"tf-1.15","framework_version":"1.15.5","python":"bin/python","make":"tf/make",
      "images":[{"role":"training","repositories":["tensorflow-training"],"tag":"^1\\.1[1-5](\\.[0-9]+)?-(cpu|gpu)-py3$","example":"1.15.2-cpu-py3"},
                {"role":"hosting","repositories":["tensorflow-inference"],"tag":"^1\\.1[1-5].*$"}],"hosting":{"server":"s","library":"l"}})")
            .ok());
  }
  Result<Catalogue> Load() { return Catalogue::Load(folder_.path()); }

  TempFolder folder_;
};

TEST_F(CatalogueTest, AnImageIsFoundWhateverItsAccountAndRegion) {
  const auto catalogue = Load();
  ASSERT_TRUE(catalogue.ok()) << catalogue.status().ToString();

  for (const char* uri :
       {"763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:1.15.2-cpu-py3",
        "1.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-training:1.12-gpu-py3",
        "registry.localhost:5000/tensorflow-training:latest", "tensorflow-training"}) {
    const auto found = catalogue->Find(uri, ImageRole::kTraining);
    ASSERT_TRUE(found.ok()) << uri << ": " << found.status().ToString();
    EXPECT_EQ((*found)->name, "tf-1.15");
  }
}

TEST_F(CatalogueTest, AnUnknownImageIsToldWhatIsKnownAndHowToAddOne) {
  const auto catalogue = Load();

  for (const char* uri : {"x/tensorflow-training:2.3.0-cpu-py37", "x/pytorch-training:1.15-cpu-py3",
                          "x/tensorflow-inference:1.15-cpu"}) {
    const auto found = catalogue->Find(uri, ImageRole::kTraining);
    EXPECT_EQ(found.status().code(), Code::kNotFound) << uri;
    EXPECT_NE(found.status().message().find("tf-1.15 (tensorflow-training:1.15.2-cpu-py3)"),
              std::string::npos)
        << found.status().message();
    EXPECT_EQ(found.status().message().find('^'), std::string::npos) << "no regular expressions";
    EXPECT_NE(found.status().message().find("To add one"), std::string::npos);
  }
}

TEST_F(CatalogueTest, WithoutATagTheLastRuntimeOfThatRepositoryIsMeant) {
  ASSERT_TRUE(WriteFile(folder_.path() / "tf2.json",
                        R"({"name":"tf-2.19","images":[{"role":"training",
      "repositories":["tensorflow-training"],"tag":"^2\\..*$"}]})")
                  .ok());
  const auto catalogue = Load();

  EXPECT_EQ((*catalogue->Find("x/tensorflow-training", ImageRole::kTraining))->name, "tf-2.19");
  EXPECT_EQ((*catalogue->Find("x/tensorflow-training:1.15-cpu-py3", ImageRole::kTraining))->name,
            "tf-1.15");
}

TEST(WhatRuns, SaysHowItDiffersFromWhatWasAskedFor) {
  const Runtime runtime{.name = "tensorflow-2.15",
                        .framework = "tensorflow",
                        .framework_version = "2.15.1",
                        .python_version = "3.10.8",
                        .python = {},
                        .make = {},
                        .hosting_server = {},
                        .hosting_library = {}};
  EXPECT_EQ(WhatRuns("x/tensorflow-training:2.15-cpu-py310", runtime),
            "Sagebrush: image x/tensorflow-training:2.15-cpu-py310 runs as tensorflow-2.15");
  EXPECT_EQ(WhatRuns("x/tensorflow-training:2.3.0-gpu-py37-cu110-ubuntu18.04", runtime),
            "Sagebrush: image x/tensorflow-training:2.3.0-gpu-py37-cu110-ubuntu18.04 runs as "
            "tensorflow-2.15. It differs from what was asked for: tensorflow 2.3.0, a graphics "
            "card, Python 3.7; it has 2.15.1, none, 3.10.8");
  // "py3" is any Python 3, and 2.1 is not 2.15.
  EXPECT_EQ(WhatRuns("x/t:2.1-cpu-py3", runtime),
            "Sagebrush: image x/t:2.1-cpu-py3 runs as tensorflow-2.15. It differs from what was "
            "asked for: tensorflow 2.1; it has 2.15.1");
}

TEST_F(CatalogueTest, AnExampleThatItsOwnTagRefusesIsAMistakeInTheFile) {
  ASSERT_TRUE(WriteFile(folder_.path() / "tf2.json",
                        R"({"name":"tf-2.19","images":[{"role":"training",
      "repositories":["tensorflow-training"],"tag":"^2\\..*$","example":"1.15"}]})")
                  .ok());

  const std::string message = Load().status().message();
  EXPECT_NE(message.find("tf2.json: the example '1.15'"), std::string::npos) << message;
}

TEST_F(CatalogueTest, ABrokenFileIsNamed) {
  ASSERT_TRUE(WriteFile(folder_.path() / "broken.json", "{").ok());
  EXPECT_NE(Load().status().message().find("broken.json"), std::string::npos);
}

}  // namespace
}  // namespace sagebrush::orchestrator
