// SPDX-License-Identifier: Apache-2.0
#include "metastore/database.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/stat.h>
#include <thread>

#include "base/file.h"

namespace sagebrush::metastore {
namespace {

constexpr Migration kItems[] = {
    {1, "CREATE TABLE items(id INTEGER PRIMARY KEY, text TEXT UNIQUE NOT NULL)"}};
constexpr Migration kNewerItems[] = {
    kItems[0], {2, "ALTER TABLE items ADD COLUMN size INTEGER NOT NULL DEFAULT 7"}};

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(kItems); }

  void Open(std::span<const Migration> migrations) {
    auto opened = Database::Open(file(), migrations);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    database_ = *std::move(opened);
  }

  std::filesystem::path file() const { return folder_.path() / "test.db"; }

  Status Insert(const std::string& text) {
    return database_->Write([&](Session& session) {
      return session.Execute("INSERT INTO items(text) VALUES(?)", {text}).status();
    });
  }

  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    const Status status = database_->Read([&](Session& session) {
      return session.Query("SELECT text FROM items ORDER BY id", {}, [&](const Row& row) {
        texts.emplace_back(row.Text(0));
        return true;
      });
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return texts;
  }

  TempFolder folder_ = TempFolder::Create("metastore").value();
  std::unique_ptr<Database> database_;
};

// Holds the writer thread inside a write until `waiting` others queue behind it: they must become
// one group.
class Gate {
 public:
  explicit Gate(Database& database)
      : thread_([this, &database] {
          EXPECT_TRUE(database
                          .Write([this](Session&) {
                            std::unique_lock lock(mutex_);
                            entered_ = true;
                            changed_.notify_all();
                            EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20),
                                                          [this] { return open_; }));
                            return Status::Ok();
                          })
                          .ok());
        }) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return entered_; }));
  }
  ~Gate() { thread_.join(); }

  void OpenWhenWaiting(const Database& database, std::size_t waiting) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (database.load().waiting_writes < waiting && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards entered_ and open_
  std::condition_variable changed_;
  bool entered_ = false;
  bool open_ = false;
  std::thread thread_;
};

TEST_F(DatabaseTest, KeepsEveryByteOfAText) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));

  ASSERT_TRUE(Insert(all).ok());

  EXPECT_EQ(Texts(), std::vector<std::string>{all});
  int found = 0;
  ASSERT_TRUE(database_
                  ->Read([&](Session& session) {
                    return session.Query("SELECT id FROM items WHERE text = ?", {all},
                                         [&](const Row&) { return ++found > 0; });
                  })
                  .ok());
  EXPECT_EQ(found, 1);
}

TEST_F(DatabaseTest, CarriesNullsNumbersAndTexts) {
  ASSERT_TRUE(database_
                  ->Read([&](Session& session) {
                    return session.Query("SELECT ?, ?, ?, ?",
                                         {nullptr, std::int64_t{1} << 62, 0.1, std::string()},
                                         [&](const Row& row) {
                                           EXPECT_TRUE(row.IsNull(0));
                                           EXPECT_EQ(row.Int(1), std::int64_t{1} << 62);
                                           EXPECT_EQ(row.Double(2), 0.1);
                                           EXPECT_FALSE(row.IsNull(3));
                                           EXPECT_EQ(row.Text(3), "");
                                           return true;
                                         });
                  })
                  .ok());
}

TEST_F(DatabaseTest, ABrokenUniqueConstraintIsAlreadyExists) {
  ASSERT_TRUE(Insert("a").ok());

  EXPECT_EQ(Insert("a").code(), Code::kAlreadyExists);
}

TEST_F(DatabaseTest, WritesThatWaitTogetherShareOneCommit) {
  constexpr std::size_t kThreads = 8;
  std::vector<std::thread> threads;
  {
    Gate gate(*database_);
    for (std::size_t i = 0; i < kThreads; ++i)
      threads.emplace_back([this, i] { EXPECT_TRUE(Insert("t" + std::to_string(i)).ok()); });
    gate.OpenWhenWaiting(*database_, kThreads);
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(Texts().size(), kThreads);
  EXPECT_EQ(database_->load().commits, 2);  // the gate's and the group's
}

TEST_F(DatabaseTest, AFailingWriteOfAGroupUndoesOnlyItself) {
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  {
    Gate gate(*database_);
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([this, i] { EXPECT_TRUE(Insert("good" + std::to_string(i)).ok()); });
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([this, i, &failed] {
        const Status status = database_->Write([&](Session& session) -> Status {
          RETURN_IF_ERROR(
              session.Execute("INSERT INTO items(text) VALUES(?)", {"bad" + std::to_string(i)})
                  .status());
          if (i == 0) throw std::runtime_error("thrown");
          if (i == 1) return session.Execute("INSERT INTO nowhere VALUES(1)", {}).status();
          return FailedPrecondition("changed my mind");
        });
        EXPECT_EQ(status.code(), i == 2 ? Code::kFailedPrecondition : Code::kInternal);
        failed += status.ok() ? 0 : 1;
      });
    }
    gate.OpenWhenWaiting(*database_, 7);
  }
  for (auto& thread : threads) thread.join();

  auto texts = Texts();
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (std::vector<std::string>{"good0", "good1", "good2", "good3"}));
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(database_->load().commits, 2);
}

TEST_F(DatabaseTest, ManyDurableWritersShareCommits) {
  constexpr int kThreads = 8, kEach = 200;
  std::vector<std::thread> threads;
  {
    Gate gate(*database_);  // so that at least one group is full, however fast the disk
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 0; i < kEach; ++i)
          ASSERT_TRUE(Insert(std::to_string(t) + "/" + std::to_string(i)).ok());
      });
    }
    gate.OpenWhenWaiting(*database_, kThreads);
  }
  for (auto& thread : threads) thread.join();

  EXPECT_EQ(Texts().size(), static_cast<std::size_t>(kThreads * kEach));
  const auto commits = database_->load().commits;
  RecordProperty("commits", static_cast<int>(commits));
  EXPECT_LE(commits, kThreads * kEach + 1 - (kThreads - 1));
  std::printf("%d writes, %d commits\n", kThreads * kEach, static_cast<int>(commits));
}

TEST_F(DatabaseTest, AReadSeesOneSnapshot) {
  ASSERT_TRUE(Insert("first").ok());
  std::vector<std::int64_t> counts;
  const auto count = [&](Session& session) {
    return session.Query("SELECT count(*) FROM items", {}, [&](const Row& row) {
      counts.push_back(row.Int(0));
      return false;
    });
  };

  ASSERT_TRUE(database_
                  ->Read([&](Session& session) -> Status {
                    RETURN_IF_ERROR(count(session));
                    RETURN_IF_ERROR(
                        Insert("second"));  // on the writer thread, while this read is open
                    return count(session);
                  })
                  .ok());

  EXPECT_EQ(counts, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(Texts().size(), 2u);
}

TEST_F(DatabaseTest, AKeyIsLookedUpWhileListsHoldEveryReaderTheyMayHave) {
  ASSERT_TRUE(Insert("a").ok());
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  int listing = 0;
  bool done = false;
  std::vector<std::thread> lists;
  for (int i = 0; i < 20; ++i) {
    lists.emplace_back([&] {
      EXPECT_TRUE(database_
                      ->Read([&](Session&) {
                        std::unique_lock lock(mutex);
                        ++listing;
                        changed.notify_all();
                        EXPECT_TRUE(
                            changed.wait_for(lock, std::chrono::seconds(20), [&] { return done; }));
                        return Status::Ok();
                      })
                      .ok());
    });
  }
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return listing == 16; }));
  }

  std::string text;
  const Status status = database_->Read(
      [&](Session& session) {
        return session.Query("SELECT text FROM items WHERE id = ?", {std::int64_t{1}},
                             [&](const Row& row) {
                               text = row.Text(0);
                               return false;
                             });
      },
      Database::Reading::kOneKey);

  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(text, "a");
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(listing, 16);
    done = true;
  }
  changed.notify_all();
  for (std::thread& thread : lists) thread.join();
  EXPECT_EQ(listing, 20);
}

TEST_F(DatabaseTest, AReadCannotWrite) {
  const Status status = database_->Read([&](Session& session) {
    return session.Execute("INSERT INTO items(text) VALUES('x')", {}).status();
  });

  EXPECT_EQ(status.code(), Code::kPermissionDenied) << status.ToString();
}

TEST_F(DatabaseTest, AStatementMayRunInsideItsOwnRows) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Insert("b").ok());
  int inner = 0;
  const std::string sql = "SELECT text FROM items";

  ASSERT_TRUE(database_
                  ->Read([&](Session& session) {
                    return session.Query(sql, {}, [&](const Row&) {
                      return session.Query(sql, {}, [&](const Row&) { return ++inner > 0; }).ok();
                    });
                  })
                  .ok());

  EXPECT_EQ(inner, 4);
}

TEST_F(DatabaseTest, ExecuteCountsTheRowsThatChanged) {
  ASSERT_TRUE(Insert("a").ok());
  ASSERT_TRUE(Insert("b").ok());

  ASSERT_TRUE(database_
                  ->Write([&](Session& session) {
                    EXPECT_EQ(session.Execute("UPDATE items SET text = text || '!'", {}).value(),
                              2);
                    EXPECT_EQ(session.Execute("DELETE FROM items WHERE id = 99", {}).value(), 0);
                    EXPECT_EQ(session.Execute("SELECT 1", {}).value(), 0);
                    return Status::Ok();
                  })
                  .ok());
}

TEST_F(DatabaseTest, RefusesTwoStatementsInOneTextAndAWrongNumberOfValues) {
  const auto run = [&](std::string_view sql) {
    return database_->Write([&](Session& session) { return session.Execute(sql, {}).status(); });
  };

  EXPECT_EQ(run("SELECT 1; SELECT 2").code(), Code::kInvalidArgument);
  EXPECT_EQ(run("").code(), Code::kInvalidArgument);
  EXPECT_EQ(run("SELECT ?").code(), Code::kInternal);
}

TEST_F(DatabaseTest, IsReadableByItsOwnerAlone) {
  ASSERT_TRUE(Insert("secret").ok());

  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info {};
    ASSERT_EQ(::stat((file().string() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << suffix;
  }
}

TEST_F(DatabaseTest, MigratesAnOlderFileAndRefusesANewerOne) {
  ASSERT_TRUE(Insert("old").ok());
  database_.reset();

  Open(kNewerItems);
  std::int64_t size = 0;
  ASSERT_TRUE(database_
                  ->Read([&](Session& session) {
                    return session.Query("SELECT size FROM items", {},
                                         [&](const Row& row) { return (size = row.Int(0)) == 0; });
                  })
                  .ok());
  database_.reset();
  const auto older = Database::Open(file(), kItems);

  EXPECT_EQ(size, 7);
  EXPECT_EQ(older.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(older.status().message().find("newer program"), std::string::npos)
      << older.status().message();
}

TEST_F(DatabaseTest, OpenedToBeReadItChangesNothingAndTakesNoOtherFormat) {
  ASSERT_TRUE(Insert("one").ok());
  std::filesystem::remove(file().string() + ".reserve");
  const auto reader = Database::OpenToRead(file(), kItems);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();

  int rows = 0;
  EXPECT_TRUE((*reader)
                  ->Read([&](Session& session) {
                    return session.Query("SELECT text FROM items", {},
                                         [&](const Row&) { return ++rows > 0; });
                  })
                  .ok());
  EXPECT_EQ(rows, 1);
  EXPECT_EQ((*reader)->Write([](Session&) { return Status::Ok(); }).code(),
            Code::kFailedPrecondition);
  EXPECT_EQ(Database::OpenToRead(file(), kNewerItems).status().code(), Code::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".reserve"));
  EXPECT_FALSE(Database::OpenToRead(folder_.path() / "none.db", kItems).ok());
}

TEST_F(DatabaseTest, AFailingMigrationLeavesTheFileAsItWas) {
  database_.reset();
  constexpr Migration kBroken[] = {kItems[0],
                                   {2, "CREATE TABLE extra(x); INSERT INTO nowhere VALUES(1)"}};

  EXPECT_FALSE(Database::Open(file(), kBroken).ok());

  Open(kItems);
  EXPECT_EQ(database_
                ->Write([](Session& session) {
                  return session.Execute("INSERT INTO extra VALUES(1)", {}).status();
                })
                .code(),
            Code::kInternal);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsDataLoss) {
  const auto other = folder_.path() / "other.db";
  ASSERT_TRUE(WriteFile(other, std::string(8192, 'x')).ok());

  EXPECT_EQ(Database::Open(other, kItems).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace sagebrush::metastore
