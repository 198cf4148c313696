// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "objectstore/checksum.h"
#include "objectstore/test_store.h"

namespace sagebrush::objectstore {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::size_t kPart = 5 << 20;

class MultipartTest : public StoreTest {
 protected:
  MultipartInfo Start(std::string_view algorithm = "", std::string_view type = "") {
    return store_->CreateMultipart("b", "k", {}, algorithm, type).value();
  }
  PartInfo Put(const MultipartInfo& upload, int number, std::string_view data) {
    auto bytes = store_->NewUpload().value();
    EXPECT_TRUE(bytes->Append(data).ok());
    Checksum checksum;
    if (auto hasher = ChecksumHasher::For(upload.checksum_algorithm)) {
      hasher->Update(data);
      checksum = {upload.checksum_algorithm, Base64Encode(hasher->Finish()), "FULL_OBJECT"};
    }
    const auto part =
        store_->PutPart("b", "k", upload.upload_id, number, std::move(bytes), checksum);
    EXPECT_TRUE(part.ok()) << part.status().ToString();
    return part.value();
  }
  Result<ObjectInfo> Complete(const MultipartInfo& upload, const std::vector<PartInfo>& parts,
                              std::string_view expected_checksum = "") {
    std::vector<CompletedPart> listed;
    listed.reserve(parts.size());
    for (const auto& part : parts) listed.push_back({part.number, part.etag, part.checksum});
    return store_->CompleteMultipart("b", "k", upload.upload_id,
                                     {.parts = listed, .checksum = std::string(expected_checksum)});
  }
};

TEST_F(MultipartTest, PartsBecomeOneObjectWithoutCopying) {
  const auto upload = Start();
  const std::string one = Pattern(kPart, 1), two = Pattern(kPart + 3, 2), three = "tail";
  const std::vector<PartInfo> parts = {Put(upload, 2, one), Put(upload, 5, two),
                                       Put(upload, 9, three)};
  const auto files = BlobFiles();

  const auto object = Complete(upload, parts);

  ASSERT_TRUE(object.ok()) << object.status().ToString();
  EXPECT_EQ(object->etag, HexEncode(Md5(Md5(one) + Md5(two) + Md5(three))) + "-3");
  EXPECT_EQ(object->size, one.size() + two.size() + three.size());
  EXPECT_EQ(object->part_count, 3);
  EXPECT_EQ(GetBytes(*store_, "b", "k").value(), one + two + three);
  EXPECT_EQ(BlobFiles(), files);
}

TEST_F(MultipartTest, AChecksumThatNobodyChoseIsMadeOfTheParts) {
  const auto upload = Start();
  const std::string one = Pattern(kPart, 1), two = "tail";
  std::vector<PartInfo> parts;
  for (const auto& bytes : {one, two}) {
    auto hasher = ChecksumHasher::For(kDefaultChecksum);
    hasher->Update(bytes);
    auto sent = store_->NewUpload().value();
    ASSERT_TRUE(sent->Append(bytes).ok());
    parts.push_back(
        store_
            ->PutPart("b", "k", upload.upload_id, static_cast<int>(parts.size()) + 1,
                      std::move(sent),
                      {std::string(kDefaultChecksum), Base64Encode(hasher->Finish()), ""})
            .value());
  }
  EXPECT_EQ(Complete(upload, parts).status().message().substr(0, 11), "InvalidPart")
      << "it is not the caller's to repeat";
  for (auto& part : parts) part.checksum = {};

  const auto object = Complete(upload, parts);

  auto whole = ChecksumHasher::For(kDefaultChecksum);
  whole->Update(one + two);
  ASSERT_TRUE(object.ok()) << object.status().ToString();
  EXPECT_EQ(object->checksum.algorithm, "CRC64NVME");
  EXPECT_EQ(object->checksum.type, "FULL_OBJECT");
  EXPECT_EQ(object->checksum.value, Base64Encode(whole->Finish()));
  EXPECT_EQ(store_->Get("b", "k").value()->Part(2)->checksum.algorithm, "") << "of no part";
}

TEST_F(MultipartTest, AnObjectReplacedSinceTheUploadBeganIsAConflict) {
  const std::string etag = PutBytes(*store_, "b", "k", "old").value().etag;
  const auto upload = Start();
  const auto part = Put(upload, 1, "new");
  clock_.Advance(std::chrono::milliseconds(1));
  ASSERT_EQ(PutBytes(*store_, "b", "k", "old").value().etag, etag);

  const auto object = store_->CompleteMultipart(
      "b", "k", upload.upload_id, {.parts = {{1, part.etag}}, .conditions = {.if_match = etag}});

  EXPECT_EQ(object.status().code(), Code::kFailedPrecondition);
  EXPECT_EQ(object.status().message().substr(0, 26), "ConditionalRequestConflict");
  EXPECT_EQ(GetBytes(*store_, "b", "k").value(), "old");
}

TEST_F(MultipartTest, TheSizeThatTheCallerNamesIsChecked) {
  const auto upload = Start();
  const auto part = Put(upload, 1, "four");
  const auto complete = [&](std::uint64_t size) {
    return store_->CompleteMultipart("b", "k", upload.upload_id,
                                     {.parts = {{1, part.etag}}, .size = size});
  };

  EXPECT_EQ(
      complete(5).status().message(),
      "InvalidRequest: The provided 'x-amz-mp-object-size' header value 5 does not match what "
      "was computed: 4");
  EXPECT_TRUE(complete(4).ok());
}

TEST_F(MultipartTest, ReadsCrossPartBordersAndFindParts) {
  const auto upload = Start();
  const std::string one = Pattern(kPart, 1), two = Pattern(100'000, 2);
  ASSERT_TRUE(Complete(upload, {Put(upload, 1, one), Put(upload, 3, two)}).ok());
  const auto reader = store_->Get("b", "k").value();

  std::string middle(200, '\0');
  EXPECT_EQ(reader->Read(kPart - 100, middle.data(), middle.size()).value(), 200U);
  EXPECT_EQ(middle, one.substr(kPart - 100) + two.substr(0, 100));
  EXPECT_FALSE(reader->File(kPart - 100, 200).has_value());
  EXPECT_EQ(reader->ContiguousLength(kPart - 100, 200), 100U);
  EXPECT_TRUE(reader->File(kPart, 100'000).has_value());
  EXPECT_EQ(reader->File(kPart + 7, 10)->offset, 7U);
  EXPECT_EQ(reader->Part(3)->offset, kPart);
  EXPECT_EQ(reader->Part(3)->length, 100'000U);
  EXPECT_FALSE(reader->Part(2).has_value());
  EXPECT_EQ(reader->Read(kPart + 100'000, middle.data(), 1).value(), 0U);
}

TEST_F(MultipartTest, PartsThatWereNotListedOrWereReplacedAreRemoved) {
  const auto upload = Start();
  Put(upload, 1, Pattern(100'000, 1));
  const auto kept = Put(upload, 1, Pattern(100'000, 2));
  Put(upload, 2, Pattern(100'000, 3));
  EXPECT_THAT(BlobFiles(), SizeIs(2));

  ASSERT_TRUE(Complete(upload, {kept}).ok());

  EXPECT_THAT(BlobFiles(), SizeIs(1));
  EXPECT_EQ(GetBytes(*store_, "b", "k").value(), Pattern(100'000, 2));
}

TEST_F(MultipartTest, ACopyOfAMultipartObjectSharesItsPieces) {
  const auto upload = Start();
  ASSERT_TRUE(Complete(upload, {Put(upload, 1, Pattern(kPart)), Put(upload, 2, "end")}).ok());
  ASSERT_TRUE(store_->Copy("b", "k", "b", "copy", {}, {}).ok());
  ASSERT_TRUE(store_->Delete("b", "k").ok());

  EXPECT_EQ(GetBytes(*store_, "b", "copy").value(), Pattern(kPart) + "end");
  ASSERT_TRUE(store_->Delete("b", "copy").ok());
  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(MultipartTest, AnAbortRemovesTheParts) {
  const auto upload = Start();
  Put(upload, 1, Pattern(100'000));

  ASSERT_TRUE(store_->AbortMultipart("b", "k", upload.upload_id).ok());

  EXPECT_THAT(BlobFiles(), IsEmpty());
  EXPECT_THAT(store_->AbortMultipart("b", "k", upload.upload_id).message(),
              StartsWith("NoSuchUpload"));
  EXPECT_THAT(store_->ListMultiparts("b", {})->uploads, IsEmpty());
}

TEST_F(MultipartTest, WhatIsWrongWithACompletionIsNamedAndChangesNothing) {
  const auto upload = Start();
  const auto small = Put(upload, 1, "small"), last = Put(upload, 2, "last");

  EXPECT_THAT(Complete(upload, {small, last}).status().message(), StartsWith("EntityTooSmall"));
  EXPECT_THAT(Complete(upload, {last, small}).status().message(), StartsWith("InvalidPartOrder"));
  EXPECT_THAT(Complete(upload, {small, small}).status().message(), StartsWith("InvalidPartOrder"));
  EXPECT_THAT(Complete(upload, {}).status().message(), StartsWith("InvalidPart"));
  auto wrong = small;
  wrong.etag = last.etag;
  EXPECT_THAT(Complete(upload, {wrong}).status().message(), StartsWith("InvalidPart:"));
  wrong = small;
  wrong.number = 7;
  EXPECT_THAT(Complete(upload, {wrong}).status().message(), StartsWith("InvalidPart:"));
  EXPECT_THAT(store_->ListParts("b", "k", upload.upload_id, 0, 100).value(), SizeIs(2));
  EXPECT_FALSE(store_->Head("b", "k").ok());
}

TEST_F(MultipartTest, CompletingTwiceGivesTheSameAnswer) {
  const auto upload = Start();
  const auto part = Put(upload, 1, "x");
  const auto first = Complete(upload, {part}).value();

  const auto second = Complete(upload, {part});

  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->etag, first.etag);
  ASSERT_TRUE(store_->Delete("b", "k").ok());
  EXPECT_THAT(Complete(upload, {part}).status().message(), StartsWith("NoSuchUpload"));
}

TEST_F(MultipartTest, PartsAreListedInPages) {
  const auto upload = Start();
  for (const int number : {1, 2, 4}) Put(upload, number, std::to_string(number));

  const auto page = store_->ListParts("b", "k", upload.upload_id, 1, 5).value();

  ASSERT_THAT(page, SizeIs(2));
  EXPECT_EQ(page[0].number, 2);
  EXPECT_EQ(page[1].number, 4);
  EXPECT_THAT(store_->ListParts("b", "k", upload.upload_id, 0, 1).value(), SizeIs(1));
}

TEST_F(MultipartTest, UploadsSurviveAReopen) {
  const auto upload = Start("CRC32", "COMPOSITE");
  const auto part = Put(upload, 1, Pattern(100'000));

  Reopen();

  EXPECT_EQ(store_->GetMultipart("b", "k", upload.upload_id)->checksum_type, "COMPOSITE");
  EXPECT_TRUE(Complete(upload, {part}).ok());
  EXPECT_EQ(GetBytes(*store_, "b", "k").value(), Pattern(100'000));
}

TEST_F(MultipartTest, AFullObjectChecksumIsThatOfTheWhole) {
  for (const std::string algorithm : {"CRC32", "CRC32C", "CRC64NVME"}) {
    const auto upload = Start(algorithm, "FULL_OBJECT");
    const std::string one = Pattern(kPart, 1), two = Pattern(777, 2);
    auto whole = ChecksumHasher::For(algorithm).value();
    whole.Update(one + two);
    const std::string expected = Base64Encode(whole.Finish());
    const std::vector<PartInfo> parts = {Put(upload, 1, one), Put(upload, 2, two)};

    EXPECT_THAT(Complete(upload, parts, "AAAAAA==").status().message(), StartsWith("BadDigest"));
    const auto object = Complete(upload, parts, expected);

    ASSERT_TRUE(object.ok()) << object.status().ToString();
    EXPECT_EQ(object->checksum.value, expected);
    EXPECT_EQ(object->checksum.type, "FULL_OBJECT");
  }
}

TEST_F(MultipartTest, ACompositeChecksumIsThatOfThePartsChecksums) {
  const auto upload = Start("SHA256", "COMPOSITE");
  const std::string one = Pattern(kPart, 1), two = "end";

  const auto object = Complete(upload, {Put(upload, 1, one), Put(upload, 2, two)}).value();

  EXPECT_EQ(object.checksum.value, Base64Encode(Sha256(Sha256(one) + Sha256(two))) + "-2");
}

TEST(Checksum, KnownValues) {
  // "123456789": the check values of each CRC's definition (reveng catalogue; CRC-64/NVME is AE8B14860A799888).
  const std::vector<std::pair<std::string, std::string>> known = {
      {"CRC32", "cbf43926"}, {"CRC32C", "e3069283"}, {"CRC64NVME", "ae8b14860a799888"}};
  for (const auto& [algorithm, value] : known) {
    auto hasher = ChecksumHasher::For(algorithm).value();
    hasher.Update("12345");
    hasher.Update("6789");
    EXPECT_EQ(HexEncode(hasher.Finish()), value) << algorithm;
  }
  EXPECT_FALSE(ChecksumHasher::For("MD4").has_value());
}

}  // namespace
}  // namespace sagebrush::objectstore
