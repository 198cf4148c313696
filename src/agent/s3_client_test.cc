// SPDX-License-Identifier: Apache-2.0
#include "agent/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/fake_s3.h"
#include "base/file.h"

namespace sagebrush::agent {
namespace {

using ::testing::HasSubstr;

class S3ClientTest : public ::testing::Test {
 protected:
  S3ClientTest() : folder_(TempFolder::Create("sb").value()), s3_(folder_.path() / "api.sock") {
    s3_.Start();
  }

  S3Client Make(std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    return S3Client({.api_socket = folder_.path() / "api.sock",
                     .token = "token",
                     .region = "us-west-2",
                     .patience = patience,
                     .first_pause = std::chrono::milliseconds(1),
                     .part_bytes = 1 << 20,
                     .whole_bytes = 3 << 20},
                    &credentials_, nullptr, Clock::System());
  }
  static std::string Noise(std::size_t size) {
    std::string text(size, '\0');
    std::uint32_t state = 1;
    for (char& c : text) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return text;
  }

  TempFolder folder_;
  FakeS3 s3_;
  RoleCredentials credentials_{(folder_.path() / "api.sock").string(), "token", Clock::System()};
};

TEST_F(S3ClientTest, ListsAllPagesWithStrangeKeys) {
  for (const char* key : {"p/a", "p/b c", "p/d+e", "p/é", "p/x&y=z?#", "q"})
    s3_.Put(std::string("s3://my_bucket/") + key, key);

  const auto objects = Make().List("my_bucket", "p/");

  ASSERT_TRUE(objects.ok()) << objects.status().message();
  std::vector<std::string> keys;
  for (const S3Object& object : *objects) keys.push_back(object.key);
  EXPECT_THAT(keys, ::testing::ElementsAre("p/a", "p/b c", "p/d+e", "p/x&y=z?#", "p/é"));
  EXPECT_EQ((*objects)[1].size, 5u);
}

TEST_F(S3ClientTest, AnErrorIsToldInS3sWords) {
  const Status status = Make().Download({"b", "nope"}, folder_.path() / "f");

  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(), "NoSuchKey (404): The specified key does not exist.");
}

TEST_F(S3ClientTest, ABusyServerIsAskedAgain) {
  s3_.Put("s3://b/k", "bytes");
  s3_.Fail(3);

  EXPECT_EQ(Make().Get({"b", "k"}, 100).value_or(""), "bytes");
}

TEST_F(S3ClientTest, AServerThatStaysAwayIsAnErrorInTheEnd) {
  s3_.Stop();

  const auto got = Make(std::chrono::milliseconds(50)).Get({"b", "k"}, 100);

  EXPECT_EQ(got.status().code(), Code::kUnavailable) << got.status().ToString();
}

TEST_F(S3ClientTest, ADownloadThatBreaksOffGoesOnWhereItWas) {
  const std::string bytes = Noise(3 << 20);
  s3_.Put("s3://b/k", bytes);
  s3_.CutDownloadAfter(1 << 20);

  const Status status = Make().Download({"b", "k"}, folder_.path() / "f");

  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(ReadFile(folder_.path() / "f").value_or("") == bytes);
}

TEST_F(S3ClientTest, ALargeFileGoesUpInParts) {
  const std::string bytes = Noise((5 << 20) + 17);
  ASSERT_TRUE(WriteFile(folder_.path() / "f", bytes).ok());

  const Status status = Make().Upload(folder_.path() / "f", {"b", "big file"});

  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_TRUE(s3_.Find("s3://b/big file").value_or("") == bytes);
  EXPECT_EQ(s3_.parts(), 6);
}

TEST_F(S3ClientTest, AnEmptyFileGoesUpAndComesDown) {
  ASSERT_TRUE(WriteFile(folder_.path() / "f", "").ok());
  S3Client client = Make();

  ASSERT_TRUE(client.Upload(folder_.path() / "f", {"b", "k"}).ok());
  ASSERT_TRUE(client.Download({"b", "k"}, folder_.path() / "g").ok());

  EXPECT_EQ(s3_.Find("s3://b/k").value_or("x"), "");
  EXPECT_EQ(ReadFile(folder_.path() / "g").value_or("x"), "");
}

TEST_F(S3ClientTest, AnUploadSurvivesARestart) {
  ASSERT_TRUE(WriteFile(folder_.path() / "f", Noise(2 << 20)).ok());
  S3Client client = Make();
  ASSERT_TRUE(client.Upload(folder_.path() / "f", {"b", "k1"}).ok());
  s3_.Stop();
  s3_.Start();  // the client's idle connection is dead now

  EXPECT_TRUE(client.Upload(folder_.path() / "f", {"b", "k2"}).ok());
}

TEST(S3ErrorStatus, ReadsWhatIsNoXmlToo) {
  EXPECT_EQ(S3ErrorStatus(403, "").message(), "Forbidden (403)");
  EXPECT_EQ(S3ErrorStatus(503, "<Error><Code>SlowDown</Code>").code(), Code::kUnavailable);
  EXPECT_THAT(S3ErrorStatus(400, "<html>").message(), HasSubstr("(400)"));
}

}  // namespace
}  // namespace sagebrush::agent
