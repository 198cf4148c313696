// SPDX-License-Identifier: Apache-2.0
// What SIGKILL and a full disk leave behind. The child processes are forked before any thread
// starts in them, do their work, and end by _exit or by the kill.
#include <algorithm>
#include <gtest/gtest.h>
#include <poll.h>
#include <set>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/file.h"
#include "metastore/database.h"

namespace sagebrush::metastore {
namespace {

constexpr Migration kItems[] = {
    {1, "CREATE TABLE items(id INTEGER PRIMARY KEY, text TEXT NOT NULL)"}};

Status Insert(Database& database, std::int64_t id, const std::string& text) {
  return database.Write([&](Session& session) {
    return session.Execute("INSERT INTO items(id, text) VALUES(?, ?)", {id, text}).status();
  });
}

std::set<std::int64_t> Ids(Database& database) {
  std::set<std::int64_t> ids;
  EXPECT_TRUE(database
                  .Read([&](Session& session) {
                    return session.Query("SELECT id FROM items", {}, [&](const Row& row) {
                      return ids.insert(row.Int(0)).second;
                    });
                  })
                  .ok());
  return ids;
}

std::string IntegrityReport(Database& database) {
  std::string report;
  EXPECT_TRUE(database
                  .Read([&](Session& session) {
                    return session.Query("PRAGMA integrity_check", {}, [&](const Row& row) {
                      report += row.Text(0);
                      return true;
                    });
                  })
                  .ok());
  return report;
}

[[noreturn]] void WriteUntilKilled(const std::filesystem::path& file, int acknowledge,
                                   std::int64_t first) {
  auto database = Database::Open(file, kItems);
  if (!database.ok()) ::_exit(2);
  std::vector<std::thread> threads;
  for (std::int64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t id = first + t;; id += 4) {
        if (!Insert(**database, id, std::string(300, 'x')).ok()) ::_exit(3);
        if (::write(acknowledge, &id, sizeof id) != sizeof id)
          ::_exit(4);  // below PIPE_BUF: atomic
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ::_exit(5);
}

TEST(DatabaseCrash, EveryAcknowledgedWriteIsThereAfterSigkill) {
  const TempFolder folder = TempFolder::Create("metastore").value();
  const auto file = folder.path() / "crash.db";
  std::set<std::int64_t> acknowledged;
  for (int round = 0; round < 4; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      WriteUntilKilled(file, ends[1], round * 1'000'000);
    }
    ::close(ends[1]);
    const std::size_t enough = acknowledged.size() + 20 + static_cast<std::size_t>(round) * 37;
    std::int64_t id = 0;
    pollfd readable{ends[0], POLLIN, 0};
    while (acknowledged.size() < enough) {
      ASSERT_EQ(::poll(&readable, 1, 30'000), 1) << "the child writes nothing";
      ASSERT_EQ(::read(ends[0], &id, sizeof id), static_cast<ssize_t>(sizeof id));
      acknowledged.insert(id);
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(ends[0], &id, sizeof id) == sizeof id) acknowledged.insert(id);
    ::close(ends[0]);
    int ended = 0;
    ASSERT_EQ(::waitpid(child, &ended, 0), child);
    ASSERT_TRUE(WIFSIGNALED(ended)) << "the child ended by itself: " << WEXITSTATUS(ended);
  }

  auto database = Database::Open(file, kItems).value();
  const auto stored = Ids(*database);

  EXPECT_TRUE(
      std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end()));
  EXPECT_LE(stored.size(),
            acknowledged.size() +
                4 * 4);  // a write of each thread may be stored and not yet acknowledged
  EXPECT_EQ(IntegrityReport(*database), "ok");
}

TEST(DatabaseCrash, AFullDatabaseRefusesWithItsPathAndRecovers) {
  const TempFolder folder = TempFolder::Create("metastore").value();
  const auto file = folder.path() / "small.db";
  auto database = Database::Open(file, kItems).value();
  const auto limit_pages = [&](std::int64_t pages) {
    return database->Write([&](Session& session) {
      return session.Query("PRAGMA max_page_count=" + std::to_string(pages), {},
                           [](const Row&) { return true; });
    });
  };
  ASSERT_TRUE(limit_pages(8).ok());
  std::set<std::int64_t> kept;
  Status refused;
  for (std::int64_t id = 0; id < 1000 && refused.ok(); ++id) {
    refused = Insert(*database, id, std::string(1000, 'x'));
    if (refused.ok()) kept.insert(id);
  }

  EXPECT_EQ(refused.code(), Code::kResourceExhausted) << refused.ToString();
  EXPECT_NE(refused.message().find(file.string()), std::string::npos);
  EXPECT_NE(refused.message().find("free some space"), std::string::npos);
  EXPECT_EQ(Ids(*database), kept);

  ASSERT_TRUE(limit_pages(100'000).ok());
  EXPECT_TRUE(Insert(*database, 5000, std::string(1000, 'x')).ok());
  kept.insert(5000);
  EXPECT_EQ(Ids(*database), kept);
}

// Exit codes: 0 as it should be; others name the step that was not.
int FillUnderFileSizeLimit(const std::filesystem::path& file) {
  auto database = Database::Open(file, kItems);
  if (!database.ok()) return 10;
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{200'000, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 11;
  std::set<std::int64_t> kept;
  Status refused;
  for (std::int64_t id = 0; id < 1000 && refused.ok(); ++id) {
    refused = Insert(**database, id, std::string(2000, 'x'));
    if (refused.ok()) kept.insert(id);
  }
  if (refused.ok() || kept.empty()) return 12;
  if (refused.code() != Code::kResourceExhausted ||
      refused.message().find(file.string()) == std::string::npos) {
    std::fprintf(stderr, "%s\n", refused.ToString().c_str());
    return 13;
  }
  if (Ids(**database) != kept) return 14;
  const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_FSIZE, &large) != 0) return 15;
  if (!Insert(**database, 5000, "again").ok()) return 16;  // the next group starts clean
  kept.insert(5000);
  if (Ids(**database) != kept) return 17;
  database->reset();
  auto again = Database::Open(file, kItems);
  if (!again.ok() || Ids(**again) != kept) return 18;
  return 0;
}

TEST(DatabaseCrash, ACommitThatTheDiskRefusesIsNotKeptAndTheNextOneWorks) {
  const TempFolder folder = TempFolder::Create("metastore").value();

  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(FillUnderFileSizeLimit(folder.path() / "full.db"));
  int ended = 0;
  ASSERT_EQ(::waitpid(child, &ended, 0), child);

  ASSERT_TRUE(WIFEXITED(ended));
  EXPECT_EQ(WEXITSTATUS(ended), 0);
}

}  // namespace
}  // namespace sagebrush::metastore
