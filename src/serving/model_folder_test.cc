// SPDX-License-Identifier: Apache-2.0
#include "serving/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"

namespace sagebrush::serving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ModelFolderTest : public ::testing::Test {
 protected:
  ModelFolderTest()
      : temp_(std::move(TempFolder::Create()).value()), root_(temp_.path() / "model") {
    fs::create_directory(root_);
  }

  void Touch(const std::string& path) {
    fs::create_directories((root_ / path).parent_path());
    ASSERT_TRUE(WriteFile(root_ / path, "").ok());
  }
  std::string Refusal() {
    const auto found = FindModels(root_);
    EXPECT_FALSE(found.ok());
    return found.status().message();
  }

  TempFolder temp_;
  fs::path root_;
};

TEST_F(ModelFolderTest, VersionFolderAtTheTopIsNamedByTheRoot) {
  Touch("1/saved_model.pb");
  Touch("1/variables/variables.index");

  EXPECT_THAT(*FindModels(root_), ElementsAre(FoundModel{"model", 1, root_ / "1"}));
  EXPECT_THAT(*FindModels(root_.string() + "/"), ElementsAre(FoundModel{"model", 1, root_ / "1"}));
}

TEST_F(ModelFolderTest, NameIsTheFolderAboveTheVersion) {
  Touch("export/Servo/1592401234/saved_model.pb");

  EXPECT_THAT(*FindModels(root_),
              ElementsAre(FoundModel{"Servo", 1592401234, root_ / "export/Servo/1592401234"}));
}

TEST_F(ModelFolderTest, EveryVersionOfEachModelIsFoundInOrder) {
  Touch("b/9/saved_model.pb");
  Touch("b/10/saved_model.pb");
  Touch("a/2/saved_model.pb");
  Touch("code/inference.py");

  EXPECT_THAT(*FindModels(root_),
              ElementsAre(FoundModel{"a", 2, root_ / "a/2"}, FoundModel{"b", 9, root_ / "b/9"},
                          FoundModel{"b", 10, root_ / "b/10"}));
}

TEST_F(ModelFolderTest, MissingModelTellsWhatWasLookedForAndFound) {
  Touch("model.h5");
  EXPECT_THAT(Refusal(), HasSubstr("looked for a numeric version folder with saved_model.pb"));
  EXPECT_THAT(Refusal(), HasSubstr("it holds model.h5"));

  Touch("saved_model.pb");
  EXPECT_THAT(Refusal(), HasSubstr("save the model to model_dir + '/1'"));

  fs::remove_all(root_);
  EXPECT_THAT(Refusal(), HasSubstr("there is no model folder"));
}

TEST_F(ModelFolderTest, KerasOwnFormatsGetAdvice) {
  Touch("1/model.keras");
  EXPECT_THAT(Refusal(), HasSubstr("1/model.keras is in Keras's own format"));
  EXPECT_THAT(Refusal(), HasSubstr("model.export(model_dir + '/1')"));
  EXPECT_THAT(Refusal(), HasSubstr("it holds 1/, 1/model.keras"));

  fs::remove_all(root_ / "1");
  Touch("weights.txt");
  EXPECT_THAT(Refusal(), Not(HasSubstr("Keras")));
}

TEST_F(ModelFolderTest, TwoModelsOfOneNameAreRefused) {
  Touch("x/m/1/saved_model.pb");
  Touch("y/m/1/saved_model.pb");

  EXPECT_THAT(Refusal(), HasSubstr("two models are called m"));

  fs::remove_all(root_ / "y");
  Touch("x/m/01/saved_model.pb");
  EXPECT_THAT(Refusal(), HasSubstr("two folders are version 1 of m"));
}

TEST_F(ModelFolderTest, LinksAreNotFollowed) {
  fs::create_directory_symlink(root_, root_ / "loop");

  EXPECT_THAT(Refusal(), HasSubstr("no SavedModel"));
}

}  // namespace
}  // namespace sagebrush::serving
