// SPDX-License-Identifier: Apache-2.0
#include "objectstore/object_store.h"

#include <atomic>
#include <thread>

#include "base/hash.h"
#include "objectstore/test_store.h"

namespace sagebrush::objectstore {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::size_t kLarge = 300'000;  // a blob; 65,536 and less are inline

class ObjectStoreTest : public StoreTest {};

TEST_F(ObjectStoreTest, GivesBackWhatWasPutSmallAndLarge) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{65536}, std::size_t{65537}, kLarge}) {
    const std::string data = Pattern(size);

    const auto put = PutBytes(*store_, "b", "k", data);

    ASSERT_TRUE(put.ok()) << put.status().ToString();
    EXPECT_EQ(put->etag, HexEncode(Md5(data)));
    EXPECT_EQ(GetBytes(*store_, "b", "k").value(), data);
    EXPECT_THAT(BlobFiles(), SizeIs(size > 65536 ? 1 : 0));
  }
}

TEST_F(ObjectStoreTest, KeepsMetadataChecksumAndTimeAcrossAReopen) {
  ObjectMetadata metadata;
  metadata.content_type = "text/csv";
  metadata.cache_control = "no-cache";
  metadata.user = {{"model", "lstm"}, {"note", "grüße"}};
  auto upload = store_->NewUpload().value();
  ASSERT_TRUE(upload->Append("abc").ok());
  ASSERT_TRUE(
      store_->Put("b", "k", std::move(upload), metadata, {"CRC32", "NSRBwg==", "FULL_OBJECT"}, {})
          .ok());

  Reopen();

  const auto info = store_->Head("b", "k").value();
  EXPECT_EQ(info.metadata.content_type, "text/csv");
  EXPECT_EQ(info.metadata.cache_control, "no-cache");
  EXPECT_EQ(info.metadata.storage_class, "STANDARD");
  EXPECT_EQ(info.metadata.user.at("note"), "grüße");
  EXPECT_EQ(info.checksum.value, "NSRBwg==");
  EXPECT_EQ(info.modified, clock_.Now());
}

TEST_F(ObjectStoreTest, SaysWhichThingIsMissing) {
  EXPECT_THAT(store_->Head("nope", "k").status().message(), StartsWith("NoSuchBucket"));
  EXPECT_THAT(store_->Head("b", "k").status().message(), StartsWith("NoSuchKey"));
  EXPECT_THAT(PutBytes(*store_, "nope", "k", "x").status().message(), StartsWith("NoSuchBucket"));
  EXPECT_THAT(store_->List("nope", {}).status().message(), StartsWith("NoSuchBucket"));
  EXPECT_THAT(store_->Delete("nope", "k").message(), StartsWith("NoSuchBucket"));
  EXPECT_TRUE(store_->Delete("b", "k").ok());
}

TEST_F(ObjectStoreTest, APutThatIsRefusedLeavesNoBlob) {
  EXPECT_FALSE(PutBytes(*store_, "nope", "k", Pattern(kLarge)).ok());

  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(ObjectStoreTest, AnAbandonedUploadLeavesNothing) {
  {
    auto upload = store_->NewUpload().value();
    ASSERT_TRUE(upload->Append(Pattern(kLarge)).ok());
    EXPECT_THAT(BlobFiles(), SizeIs(1));
  }

  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(ObjectStoreTest, OverwrittenAndDeletedBytesAreRemoved) {
  ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge, 1)).ok());
  ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge, 2)).ok());
  EXPECT_THAT(BlobFiles(), SizeIs(1));

  ASSERT_TRUE(store_->Delete("b", "k").ok());

  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(ObjectStoreTest, AnOpenReaderKeepsReadingWhatWasOverwrittenOrDeleted) {
  const std::string old = Pattern(kLarge, 1);
  ASSERT_TRUE(PutBytes(*store_, "b", "k", old).ok());
  auto reader = store_->Get("b", "k").value();

  ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge, 2)).ok());
  ASSERT_TRUE(store_->Delete("b", "k").ok());

  EXPECT_EQ(ReadAll(*reader).value(), old);
  reader.reset();
  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(ObjectStoreTest, ReadersRacingWritersSeeOneVersionWhole) {
  ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge, 0)).ok());
  std::atomic<bool> done = false;
  std::atomic<int> broken = 0;
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      while (!done) {
        const auto reader = store_->Get("b", "k");
        if (!reader.ok()) {
          ++broken;
          continue;
        }
        const auto data = ReadAll(**reader);
        if (!data.ok() || HexEncode(Md5(*data)) != (*reader)->info().etag) ++broken;
      }
    });

  for (unsigned i = 1; i <= 40; ++i)
    ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge, i)).ok());
  done = true;
  for (auto& thread : readers) thread.join();

  EXPECT_EQ(broken, 0);
  EXPECT_THAT(BlobFiles(), SizeIs(1));
}

TEST_F(ObjectStoreTest, ACopySharesBytesAndOutlivesItsSource) {
  const std::string data = Pattern(kLarge);
  ASSERT_TRUE(PutBytes(*store_, "b", "source", data).ok());

  ASSERT_TRUE(store_->Copy("b", "source", "b", "target", {}, {}).ok());
  EXPECT_THAT(BlobFiles(), SizeIs(1));
  ASSERT_TRUE(store_->Delete("b", "source").ok());

  EXPECT_EQ(GetBytes(*store_, "b", "target").value(), data);
  ASSERT_TRUE(store_->Delete("b", "target").ok());
  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(ObjectStoreTest, ACopyOntoItselfChangesMetadataOnly) {
  ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge)).ok());
  ObjectMetadata metadata;
  metadata.user["a"] = "1";

  ASSERT_TRUE(store_->Copy("b", "k", "b", "k", metadata, {}).ok());

  EXPECT_EQ(store_->Head("b", "k")->metadata.user.at("a"), "1");
  EXPECT_EQ(GetBytes(*store_, "b", "k").value(), Pattern(kLarge));
}

TEST_F(ObjectStoreTest, WriteConditionsAreDecidedWithTheWrite) {
  ASSERT_TRUE(PutBytes(*store_, "b", "k", "1", {}, {.if_none_match = "*"}).ok());
  const std::string etag = store_->Head("b", "k")->etag;

  EXPECT_THAT(PutBytes(*store_, "b", "k", "2", {}, {.if_none_match = "*"}).status().message(),
              StartsWith("PreconditionFailed"));
  EXPECT_THAT(PutBytes(*store_, "b", "k", "2", {}, {.if_match = "other"}).status().message(),
              StartsWith("PreconditionFailed"));
  EXPECT_THAT(PutBytes(*store_, "b", "new", "2", {}, {.if_match = etag}).status().message(),
              StartsWith("NoSuchKey"));
  EXPECT_TRUE(PutBytes(*store_, "b", "k", "2", {}, {.if_match = etag}).ok());
  EXPECT_EQ(GetBytes(*store_, "b", "k").value(), "2");
}

TEST_F(ObjectStoreTest, OnlyOneOfManyCreatorsWins) {
  std::atomic<int> won = 0;
  std::vector<std::thread> writers;
  writers.reserve(8);
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&, i] {
      if (PutBytes(*store_, "b", "k", std::to_string(i), {}, {.if_none_match = "*"}).ok()) ++won;
    });
  for (auto& thread : writers) thread.join();

  EXPECT_EQ(won, 1);
}

TEST_F(ObjectStoreTest, BucketsAreMadeOnceAndDeletedEmpty) {
  EXPECT_THAT(store_->CreateBucket({"b", "123456789012", "us-west-2", clock_.Now()}).message(),
              StartsWith("BucketExists"));
  ASSERT_TRUE(PutBytes(*store_, "b", "k", "x").ok());
  EXPECT_THAT(store_->DeleteBucket("b").message(), StartsWith("BucketNotEmpty"));
  ASSERT_TRUE(store_->Delete("b", "k").ok());
  ASSERT_TRUE(store_->CreateMultipart("b", "k", {}, "", "").ok());

  EXPECT_TRUE(store_->DeleteBucket("b").ok());
  EXPECT_THAT(store_->DeleteBucket("b").message(), StartsWith("NoSuchBucket"));
  EXPECT_THAT(store_->ListBuckets("123456789012").value(), IsEmpty());
}

TEST_F(ObjectStoreTest, TwoProcessesCannotShareAFolder) {
  const auto second = ObjectStore::Open(folder_.path(), clock_);

  EXPECT_EQ(second.status().code(), Code::kFailedPrecondition);
}

TEST_F(ObjectStoreTest, DeleteManyIsOneStepAndForgivesMissingKeys) {
  ASSERT_TRUE(PutBytes(*store_, "b", "1", "x").ok());
  ASSERT_TRUE(PutBytes(*store_, "b", "2", Pattern(kLarge)).ok());

  ASSERT_TRUE(store_->DeleteMany("b", {{"1"}, {"missing"}, {"2"}}).ok());

  EXPECT_THAT(store_->List("b", {})->objects, IsEmpty());
  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(ObjectStoreTest, ADeletionMayBeConditional) {
  const std::string etag = PutBytes(*store_, "b", "k", "x")->etag;

  EXPECT_THAT(store_->Delete("b", "k", "other").message(), StartsWith("PreconditionFailed"));
  EXPECT_TRUE(store_->Head("b", "k").ok());
  EXPECT_TRUE(store_->Delete("b", "k", etag).ok());
  EXPECT_THAT(store_->Delete("b", "k", etag).message(), StartsWith("NoSuchKey"));
  EXPECT_THAT(store_->Delete("b", "k", "*").message(), StartsWith("NoSuchKey"));
  ASSERT_TRUE(PutBytes(*store_, "b", "k", "y").ok());
  EXPECT_TRUE(store_->Delete("b", "k", "*").ok());
}

TEST_F(ObjectStoreTest, OfManyDeletionsThoseThatHoldAreDone) {
  const std::string etag = PutBytes(*store_, "b", "1", "x")->etag;
  ASSERT_TRUE(PutBytes(*store_, "b", "2", "y").ok());

  const auto outcomes =
      store_->DeleteMany("b", {{"1", etag}, {"2", etag}, {"1", "*"}, {"missing"}}).value();

  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_THAT(outcomes[1].message(), StartsWith("PreconditionFailed"));
  EXPECT_THAT(outcomes[2].message(), StartsWith("NoSuchKey")) << "the first one took it";
  EXPECT_TRUE(outcomes[3].ok());
  EXPECT_TRUE(store_->Head("b", "2").ok());
}

// Of two who saw the same object only one may take it away, whatever comes between.
TEST_F(ObjectStoreTest, ConditionalDeletionsOfOneObjectSucceedOnce) {
  for (int round = 0; round < 20; ++round) {
    const std::string etag = PutBytes(*store_, "b", "k", "x")->etag;
    std::atomic<int> done = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] { done += store_->Delete("b", "k", etag).ok() ? 1 : 0; });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(done, 1);
  }
}

TEST_F(ObjectStoreTest, WorksOverAMemoryBlobStore) {
  const auto folder = TempFolder::Create().value();
  auto store = ObjectStore::Open(folder.path(), clock_, NewMemoryBlobStore()).value();
  ASSERT_TRUE(store->CreateBucket({"m", "1", "us-west-2", clock_.Now()}).ok());

  ASSERT_TRUE(PutBytes(*store, "m", "k", Pattern(kLarge)).ok());

  EXPECT_EQ(GetBytes(*store, "m", "k").value(), Pattern(kLarge));
  EXPECT_FALSE(store->Get("m", "k").value()->File(0, 10).has_value());
}

TEST_F(ObjectStoreTest, ARangeOfALargeObjectLiesInOneFile) {
  ASSERT_TRUE(PutBytes(*store_, "b", "k", Pattern(kLarge)).ok());
  ASSERT_TRUE(PutBytes(*store_, "b", "small", "abc").ok());
  const auto reader = store_->Get("b", "k").value();

  const auto range = reader->File(1000, 5000);

  ASSERT_TRUE(range.has_value());
  char byte = 0;
  ASSERT_EQ(ReadAt(range->fd, range->offset, &byte, 1).value(), 1U);
  EXPECT_EQ(byte, Pattern(kLarge)[1000]);
  EXPECT_FALSE(store_->Get("b", "small").value()->File(0, 3).has_value());
}

}  // namespace
}  // namespace sagebrush::objectstore
