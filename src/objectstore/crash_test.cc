// SPDX-License-Identifier: Apache-2.0
// kill -9 between any two steps of docs/formats/objects.md: a child process runs a story over a BlobStore that kills it at
// the given step; then the store is opened again, and what was acknowledged must be there and nothing else.
#include <algorithm>
#include <functional>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/hash.h"
#include "objectstore/test_store.h"

namespace sagebrush::objectstore {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kLarge = 300'000;

enum class Step {
  kNewWriter,
  kAppend,
  kBeforeCommit,
  kAfterCommit,
  kBeforeRemove,
  kAfterRemove,
  kNever
};

// Dies at the `count`-th time it comes to `step`.
struct Death {
  Step step;
  int count = 1;

  void At(Step here) {
    if (here == step && --count == 0) ::kill(::getpid(), SIGKILL);
  }
};

class DyingWriter final : public BlobWriter {
 public:
  DyingWriter(std::unique_ptr<BlobWriter> writer, Death& death)
      : writer_(std::move(writer)), death_(death) {}
  Status Append(std::string_view data) override {
    Status status = writer_->Append(data);
    death_.At(Step::kAppend);
    return status;
  }
  Result<BlobId> Commit() override {
    death_.At(Step::kBeforeCommit);
    auto id = writer_->Commit();
    death_.At(Step::kAfterCommit);
    return id;
  }

 private:
  std::unique_ptr<BlobWriter> writer_;
  Death& death_;
};

class DyingBlobStore final : public BlobStore {
 public:
  DyingBlobStore(std::unique_ptr<BlobStore> store, Death death)
      : store_(std::move(store)), death_(death) {}
  Result<std::unique_ptr<BlobWriter>> NewWriter() override {
    ASSIGN_OR_RETURN(auto writer, store_->NewWriter());
    death_.At(Step::kNewWriter);
    return std::unique_ptr<BlobWriter>(std::make_unique<DyingWriter>(std::move(writer), death_));
  }
  Result<std::unique_ptr<BlobReader>> Open(const BlobId& id) override { return store_->Open(id); }
  Status Remove(const BlobId& id) override {
    death_.At(Step::kBeforeRemove);
    Status status = store_->Remove(id);
    death_.At(Step::kAfterRemove);
    return status;
  }
  Result<std::vector<BlobId>> List() override { return store_->List(); }

 private:
  std::unique_ptr<BlobStore> store_;
  Death death_;
};

class CrashTest : public ::testing::Test {
 protected:
  CrashTest() : folder_(TempFolder::Create().value()) {}

  // Runs `story` in a child that dies as `death` says; true if it was killed.
  bool DiesIn(Death death, const std::function<void(ObjectStore&)>& story) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto blobs = OpenFileBlobStore(folder_.path() / "blobs");
      if (!blobs.ok()) ::_exit(3);
      auto store = ObjectStore::Open(folder_.path(), clock_,
                                     std::make_unique<DyingBlobStore>(std::move(*blobs), death));
      if (!store.ok()) ::_exit(4);
      story(**store);
      store->reset();
      ::_exit(::testing::Test::HasFailure() ? 5 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(!WIFEXITED(status) || WEXITSTATUS(status) == 0) << "the story itself failed";
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
  bool RunsThrough(const std::function<void(ObjectStore&)>& story) {
    return !DiesIn({Step::kNever}, story);
  }

  std::unique_ptr<ObjectStore> Open() { return ObjectStore::Open(folder_.path(), clock_).value(); }
  std::vector<std::string> BlobFiles() const { return FilesUnder(folder_.path() / "blobs"); }

  testing::FakeClock clock_;
  TempFolder folder_;
};

void MakeBucket(ObjectStore& store) {
  EXPECT_TRUE(store.CreateBucket({"b", "1", "us-west-2", FromMillis(0)}).ok());
}

TEST_F(CrashTest, ADeathInTheFirstPutLeavesNothing) {
  for (const Step step :
       {Step::kNewWriter, Step::kAppend, Step::kBeforeCommit, Step::kAfterCommit}) {
    SCOPED_TRACE(static_cast<int>(step));
    EXPECT_TRUE(DiesIn({step}, [](ObjectStore& store) {
      if (!store.GetBucket("b").ok()) MakeBucket(store);
      (void)PutBytes(store, "b", "k", Pattern(kLarge)).ok();
    }));
    EXPECT_THAT(BlobFiles(), SizeIs(1));  // the death did come after the file was made

    const auto store = Open();

    EXPECT_EQ(store->Head("b", "k").status().code(), Code::kNotFound);
    EXPECT_THAT(BlobFiles(), IsEmpty());
  }
}

TEST_F(CrashTest, ADeathInAnOverwriteLeavesTheOldBytesOrTheNew) {
  ASSERT_TRUE(RunsThrough([](ObjectStore& store) {
    MakeBucket(store);
    EXPECT_TRUE(PutBytes(store, "b", "k", Pattern(kLarge, 1)).ok());
  }));
  struct Case {
    Step step;
    unsigned survivor;
  };
  // Before the index transaction the old version stands, after it (Remove comes then) the new one.
  for (const Case& c :
       {Case{Step::kAppend, 1}, Case{Step::kBeforeCommit, 1}, Case{Step::kAfterCommit, 1},
        Case{Step::kBeforeRemove, 2}, Case{Step::kAfterRemove, 2}}) {
    SCOPED_TRACE(static_cast<int>(c.step));
    ASSERT_TRUE(RunsThrough([](ObjectStore& store) {
      EXPECT_TRUE(PutBytes(store, "b", "k", Pattern(kLarge, 1)).ok());
    }));
    EXPECT_TRUE(DiesIn({c.step}, [](ObjectStore& store) {
      (void)PutBytes(store, "b", "k", Pattern(kLarge, 2)).ok();
    }));

    const auto store = Open();

    EXPECT_EQ(GetBytes(*store, "b", "k").value(), Pattern(kLarge, c.survivor));
    EXPECT_THAT(BlobFiles(), SizeIs(1));
  }
}

TEST_F(CrashTest, ADeathAfterADeleteWasRecordedRemovesTheBytesAtTheNextStart) {
  EXPECT_TRUE(DiesIn({Step::kBeforeRemove}, [](ObjectStore& store) {
    MakeBucket(store);
    EXPECT_TRUE(PutBytes(store, "b", "k", Pattern(kLarge)).ok());
    (void)store.Delete("b", "k").ok();
  }));
  EXPECT_THAT(BlobFiles(), SizeIs(1));

  const auto store = Open();

  EXPECT_FALSE(store->Head("b", "k").ok());
  EXPECT_THAT(BlobFiles(), IsEmpty());
}

TEST_F(CrashTest, AcknowledgedSmallObjectsSurviveADeathRightAfter) {
  EXPECT_TRUE(DiesIn({Step::kNewWriter}, [](ObjectStore& store) {
    MakeBucket(store);
    for (int i = 0; i < 50; ++i)
      EXPECT_TRUE(PutBytes(store, "b", std::to_string(i), "value " + std::to_string(i)).ok());
    (void)PutBytes(store, "b", "large", Pattern(kLarge)).ok();
  }));

  const auto store = Open();

  EXPECT_EQ(store->List("b", {})->objects.size(), 50U);
  EXPECT_EQ(GetBytes(*store, "b", "49").value(), "value 49");
}

TEST_F(CrashTest, AMultipartUploadGoesOnAfterADeath) {
  const auto put_part = [](ObjectStore& store, const std::string& upload, int number) {
    auto bytes = store.NewUpload().value();
    EXPECT_TRUE(bytes->Append(Pattern(5 << 20, static_cast<unsigned>(number))).ok());
    return store.PutPart("b", "k", upload, number, std::move(bytes), {});
  };
  EXPECT_TRUE(DiesIn({Step::kAfterCommit, 2}, [&](ObjectStore& store) {
    MakeBucket(store);
    const auto upload = store.CreateMultipart("b", "k", {}, "", "").value();
    EXPECT_TRUE(put_part(store, upload.upload_id, 1).ok());
    (void)put_part(store, upload.upload_id, 2).ok();  // dies: durable bytes, no record
  }));

  const auto store = Open();
  const auto uploads = store->ListMultiparts("b", {})->uploads;
  ASSERT_THAT(uploads, SizeIs(1));
  const std::string id = uploads[0].upload_id;
  ASSERT_THAT(store->ListParts("b", "k", id, 0, 10).value(), SizeIs(1));
  EXPECT_THAT(BlobFiles(), SizeIs(1));

  const auto second = put_part(*store, id, 2).value();
  const auto first = store->ListParts("b", "k", id, 0, 1).value()[0];
  ASSERT_TRUE(
      store->CompleteMultipart("b", "k", id, {.parts = {{1, first.etag}, {2, second.etag}}}).ok());
  EXPECT_EQ(GetBytes(*store, "b", "k").value(), Pattern(5 << 20, 1) + Pattern(5 << 20, 2));
}

TEST_F(CrashTest, ADeathInACompletionRemovesUnlistedPartsAtTheNextStart) {
  EXPECT_TRUE(DiesIn({Step::kBeforeRemove}, [](ObjectStore& store) {
    MakeBucket(store);
    const auto upload = store.CreateMultipart("b", "k", {}, "", "").value();
    std::string etag;
    for (const int number : {1, 2}) {
      auto bytes = store.NewUpload().value();
      EXPECT_TRUE(bytes->Append(Pattern(kLarge, static_cast<unsigned>(number))).ok());
      const auto part = store.PutPart("b", "k", upload.upload_id, number, std::move(bytes), {});
      if (number == 1) etag = part->etag;
    }
    (void)store.CompleteMultipart("b", "k", upload.upload_id, {.parts = {{1, etag}}}).ok();
  }));
  EXPECT_THAT(BlobFiles(), SizeIs(2));

  const auto store = Open();

  EXPECT_EQ(GetBytes(*store, "b", "k").value(), Pattern(kLarge, 1));
  EXPECT_THAT(store->ListMultiparts("b", {})->uploads, IsEmpty());
  EXPECT_THAT(BlobFiles(), SizeIs(1));
}

TEST_F(CrashTest, ADeathWithManyWritersLosesNothingThatWasAcknowledged) {
  // Each acknowledged key is told to the parent through a pipe before the child dies.
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe_ends[0]);
    auto store = ObjectStore::Open(folder_.path(), clock_).value();
    MakeBucket(*store);
    std::vector<std::thread> writers;
    writers.reserve(4);
    for (int w = 0; w < 4; ++w)
      writers.emplace_back([&, w] {
        for (int i = 0;; ++i) {
          const std::string key = std::to_string(w) + "-" + std::to_string(i);
          if (!PutBytes(*store, "b", key,
                        Pattern(i % 5 == 0 ? 70'000 : 100, static_cast<unsigned>(i)))
                   .ok())
            continue;
          const std::string line = key + "\n";
          if (::write(pipe_ends[1], line.data(), line.size()) < 0) return;
        }
      });
    for (auto& thread : writers) thread.join();
    ::_exit(0);
  }
  ::close(pipe_ends[1]);
  std::string told;
  char buffer[512];
  while (std::count(told.begin(), told.end(), '\n') < 200) {
    const ssize_t count = ::read(pipe_ends[0], buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    told.append(buffer, static_cast<std::size_t>(count));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (ssize_t count; (count = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    told.append(buffer, static_cast<std::size_t>(count));
  ::close(pipe_ends[0]);

  const auto store = Open();

  std::size_t start = 0, large = 0;
  for (std::size_t end; (end = told.find('\n', start)) != std::string::npos; start = end + 1) {
    const std::string key = told.substr(start, end - start);
    const auto i = static_cast<unsigned>(std::stoul(key.substr(key.find('-') + 1)));
    const auto bytes = GetBytes(*store, "b", key);
    ASSERT_TRUE(bytes.ok()) << key;
    EXPECT_EQ(*bytes, Pattern(i % 5 == 0 ? 70'000 : 100, i)) << key;
  }
  const auto all =
      store->List("b", {.prefix = "", .delimiter = "", .start_after = "", .max_keys = 100'000})
          .value();
  for (const auto& object : all.objects) large += object.size > 65'536;
  EXPECT_THAT(BlobFiles(), SizeIs(large));
}

}  // namespace
}  // namespace sagebrush::objectstore
