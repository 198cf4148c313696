// SPDX-License-Identifier: Apache-2.0
// Records in one table. Lists go by keyset paging: the token holds the sort key, name and scope of
// the last record, so a page costs what it returns, and records that come and go between pages
// neither repeat nor push others out.
#include "metastore/record_store.h"

#include <array>

#include "base/strings.h"
#include "metastore/internal/kept_records.h"
#include "metastore/page_token.h"

namespace sagebrush::metastore {

// One index a sort order, with the name last so that ties need no sorting. records_by_state serves
// the reconcile loop, which asks for statuses over all scopes.
constexpr Migration kFirst = {1, R"sql(
CREATE TABLE records(
  kind TEXT NOT NULL,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  status TEXT NOT NULL,
  document TEXT NOT NULL,
  UNIQUE(kind, scope, name)
);
CREATE INDEX records_by_created ON records(kind, scope, created, name);
CREATE INDEX records_by_modified ON records(kind, scope, modified, name);
CREATE INDEX records_by_status ON records(kind, scope, status, name);
CREATE INDEX records_by_state ON records(kind, status, name, scope);
)sql"};
// A list of one status's records (StatusEquals), newest or oldest first, without looking at them all.
constexpr Migration kSecond = {2, R"sql(
CREATE INDEX records_by_status_created ON records(kind, scope, status, created, name);
)sql"};
// Names in ARNs are in lower case.
constexpr Migration kThird = {3, R"sql(
CREATE INDEX records_by_lower_name ON records(kind, scope, lower(name), name);
)sql"};
const Migration kRecordMigrations[3] = {kFirst, kSecond, kThird};

namespace {

constexpr std::string_view kPurpose = "records.1";
constexpr std::string_view kColumns =
    "kind, scope, name, version, created, modified, status, document";
constexpr int kDocumentColumn = 7;

std::string_view SortColumn(SortBy sort_by) {
  switch (sort_by) {
    case SortBy::kName:
      return "name";
    case SortBy::kCreated:
      return "created";
    case SortBy::kModified:
      return "modified";
    case SortBy::kStatus:
      return "status";
  }
  return "name";
}

std::string Describe(const Key& key) { return key.kind + " '" + key.name + "'"; }

struct Condition {
  std::string sql;
  std::vector<Value> values;

  void And(std::string_view text, Value value) {
    sql += " AND ";
    sql += text;
    values.push_back(std::move(value));
  }
};

Condition MakeCondition(const Filter& filter) {
  Condition where{"kind = ?", {filter.kind}};
  if (filter.scope) where.And("scope = ?", *filter.scope);
  if (!filter.name_prefix.empty()) {
    where.And("name >= ?", filter.name_prefix);
    if (auto end = PrefixEnd(filter.name_prefix)) where.And("name < ?", *end);
  }
  if (!filter.name_ignoring_case.empty())
    where.And("lower(name) = ?", ToLower(filter.name_ignoring_case));
  if (!filter.name_contains.empty()) where.And("instr(name, ?) > 0", filter.name_contains);
  if (filter.statuses.size() == 1) {  // an equality, which lets an index give the order
    where.And("status = ?", filter.statuses.front());
  } else if (!filter.statuses.empty()) {
    where.sql += " AND status IN (?";
    for (std::size_t i = 1; i < filter.statuses.size(); ++i) where.sql += ",?";
    where.sql += ")";
    where.values.insert(where.values.end(), filter.statuses.begin(), filter.statuses.end());
  }
  // One status is a better way in than a range of times, which the planner (it has no statistics) prefers: a plus keeps it
  // from the times' indexes.
  const std::string hide = filter.statuses.size() == 1 ? "+" : "";
  if (filter.created_after) where.And(hide + "created >= ?", ToMillis(*filter.created_after));
  if (filter.created_before) where.And(hide + "created < ?", ToMillis(*filter.created_before));
  if (filter.modified_after) where.And(hide + "modified >= ?", ToMillis(*filter.modified_after));
  if (filter.modified_before) where.And(hide + "modified < ?", ToMillis(*filter.modified_before));
  return where;
}

// The order's identity inside a token: a token of another kind, sort or direction is refused rather
// than misread.
std::string OrderName(const Filter& filter, const ListOptions& options) {
  return filter.kind + "/" + std::string(SortColumn(options.sort_by)) +
         (options.descending ? "/down" : "/up");
}

std::string SortText(const Record& record, SortBy sort_by) {
  switch (sort_by) {
    case SortBy::kCreated:
      return std::to_string(ToMillis(record.created));
    case SortBy::kModified:
      return std::to_string(ToMillis(record.modified));
    case SortBy::kStatus:
      return record.status;
    case SortBy::kName:
      break;
  }
  return "";
}

Status ContinueAfter(const Filter& filter, const ListOptions& options, Condition* where) {
  ASSIGN_OR_RETURN(auto fields, ReadPageToken(kPurpose, options.page_token, 4));
  if (fields[0] != OrderName(filter, options))
    return InvalidArgument("the page token was made for another order or list");
  const std::string compare = options.descending ? " < " : " > ";
  if (options.sort_by == SortBy::kName) {
    where->sql += " AND (name, scope)" + compare + "(?, ?)";
  } else {
    where->sql += " AND (" + std::string(SortColumn(options.sort_by)) + ", name, scope)" + compare +
                  "(?, ?, ?)";
    if (options.sort_by == SortBy::kStatus) {
      where->values.emplace_back(fields[1]);
    } else {
      const auto time = ParseInt(fields[1]);
      if (!time) return InvalidArgument("the page token is not one of this list");
      where->values.emplace_back(*time);
    }
  }
  where->values.emplace_back(fields[2]);
  where->values.emplace_back(fields[3]);
  return Status::Ok();
}

Result<Record> ReadRecord(const Row& row) {
  Record record;
  record.key = {std::string(row.Text(0)), std::string(row.Text(1)), std::string(row.Text(2))};
  record.version = row.Int(3);
  record.created = FromMillis(row.Int(4));
  record.modified = FromMillis(row.Int(5));
  record.status = row.Text(6);
  auto document = Json::Parse(row.Text(kDocumentColumn));
  if (!document.ok())
    return DataLoss("the stored document of " + Describe(record.key) + ": " +
                    document.status().message());
  record.document = *std::move(document);
  return record;
}

class SqlRecordStore final : public RecordStore {
 public:
  explicit SqlRecordStore(Database& database) : database_(database) {}

  Result<Record> Get(const Key& key) override {
    static const std::string sql = "SELECT " + std::string(kColumns) +
                                   " FROM records WHERE kind = ? AND scope = ? AND name = ?";
    if (const auto kept = kept_.Find(key)) return *kept;
    const std::uint64_t began = kept_.Begin();
    Result<Record> found = NotFound(Describe(key) + " does not exist");
    std::size_t document_bytes = 0;
    RETURN_IF_ERROR(database_.Read(
        [&](Session& session) {
          return session.Query(sql, {key.kind, key.scope, key.name}, [&](const Row& row) {
            found = ReadRecord(row);
            document_bytes = row.Text(kDocumentColumn).size();
            return false;
          });
        },
        Database::Reading::kOneKey));
    if (found.ok()) kept_.Offer(began, *found, document_bytes);
    return found;
  }

  Result<Page> List(const Filter& filter, const ListOptions& options) override {
    if (options.limit < 1) return InvalidArgument("a page holds at least one record");
    Condition where = MakeCondition(filter);
    if (!options.page_token.empty()) RETURN_IF_ERROR(ContinueAfter(filter, options, &where));
    const std::string direction = options.descending ? " DESC" : "";
    std::string sql =
        "SELECT " + std::string(kColumns) + " FROM records WHERE " + where.sql + " ORDER BY ";
    if (options.sort_by != SortBy::kName)
      sql += std::string(SortColumn(options.sort_by)) + direction + ", ";
    sql += "name" + direction + ", scope" + direction + " LIMIT ?";
    const auto limit = static_cast<std::size_t>(options.limit);
    where.values.emplace_back(
        static_cast<std::int64_t>(limit + 1));  // one more tells whether there is a next page

    Page page;
    Status broken;
    RETURN_IF_ERROR(database_.Read([&](Session& session) {
      return session.Query(sql, where.values, [&](const Row& row) {
        auto record = ReadRecord(row);
        if (!record.ok())
          broken = record.status();
        else
          page.records.push_back(*std::move(record));
        return broken.ok();
      });
    }));
    RETURN_IF_ERROR(broken);
    if (page.records.size() > limit) {
      page.records.pop_back();
      const Record& last = page.records.back();
      page.next_token =
          MakePageToken(kPurpose, {OrderName(filter, options), SortText(last, options.sort_by),
                                   last.key.name, last.key.scope});
    }
    return page;
  }

  Result<std::int64_t> Count(const Filter& filter) override {
    const Condition where = MakeCondition(filter);
    std::int64_t count = 0;
    RETURN_IF_ERROR(database_.Read([&](Session& session) {
      return session.Query("SELECT count(*) FROM records WHERE " + where.sql, where.values,
                           [&](const Row& row) {
                             count = row.Int(0);
                             return false;
                           });
    }));
    return count;
  }

 private:
  Status CommitDurably(const std::vector<metastore::Write>& writes) override {
    std::vector<std::string>
        documents;  // written out here: the writer thread's time is everybody's
    documents.reserve(writes.size());
    for (const auto& write : writes)
      documents.push_back(write.action == Write::Action::kDelete ? ""
                                                                 : write.record.document.Dump());
    const internal::KeptRecords::Change change(kept_, writes);
    return database_.Write([&](Session& session) {
      for (std::size_t i = 0; i < writes.size(); ++i)
        RETURN_IF_ERROR(Apply(session, writes[i], documents[i]));
      return Status::Ok();
    });
  }

  using Write = metastore::Write;

  static Status Apply(Session& session, const Write& write, const std::string& document) {
    const Record& record = write.record;
    const Key& key = record.key;
    switch (write.action) {
      case Write::Action::kInsert: {
        ASSIGN_OR_RETURN(
            const auto made,
            session.Execute(
                "INSERT INTO records(kind, scope, name, version, created, modified, status, "
                "document) "
                "SELECT ?1, ?2, ?3, 1, ?4, ?5, ?6, ?7 WHERE NOT EXISTS(SELECT 1 FROM records "
                "WHERE kind = ?1 AND scope = ?2 AND lower(name) = lower(?3))",
                {key.kind, key.scope, key.name, ToMillis(record.created), ToMillis(record.modified),
                 record.status, document}));
        return made == 1 ? Status::Ok() : AlreadyExists(Describe(key) + " exists already");
      }
      case Write::Action::kUpdate: {
        ASSIGN_OR_RETURN(
            const auto changed,
            session.Execute(
                "UPDATE records SET version = version + 1, modified = ?, status = ?, document = ? "
                "WHERE kind = ? AND scope = ? AND name = ? AND version = ?",
                {ToMillis(record.modified), record.status, document, key.kind, key.scope, key.name,
                 record.version}));
        return changed == 1 ? Status::Ok() : WhyNotUpdated(session, record);
      }
      case Write::Action::kDelete: {
        ASSIGN_OR_RETURN(
            const auto changed,
            session.Execute("DELETE FROM records WHERE kind = ? AND scope = ? AND name = ?",
                            {key.kind, key.scope, key.name}));
        return changed == 1 ? Status::Ok() : NotFound(Describe(key) + " does not exist");
      }
    }
    return Internal("an unknown kind of write");
  }

  static Status WhyNotUpdated(Session& session, const Record& record) {
    const Key& key = record.key;
    std::optional<std::int64_t> stored;
    RETURN_IF_ERROR(
        session.Query("SELECT version FROM records WHERE kind = ? AND scope = ? AND name = ?",
                      {key.kind, key.scope, key.name}, [&](const Row& row) {
                        stored = row.Int(0);
                        return false;
                      }));
    if (!stored) return NotFound(Describe(key) + " does not exist");
    return FailedPrecondition(Describe(key) + " has changed: version " + std::to_string(*stored) +
                              " is stored, version " + std::to_string(record.version) +
                              " was read");
  }

  Database& database_;
  internal::KeptRecords kept_;
};

}  // namespace

std::unique_ptr<RecordStore> RecordStore::Create(Database& database) {
  return std::make_unique<SqlRecordStore>(database);
}

Status RecordStore::Commit(const std::vector<Write>& writes) {
  RETURN_IF_ERROR(CommitDurably(writes));
  std::set<Key> changed;
  for (const auto& write : writes) changed.insert(write.record.key);
  watch_.Tell(changed);
  return Status::Ok();
}

Status RecordStore::Insert(Record record) {
  return Commit({{Write::Action::kInsert, std::move(record)}});
}
Status RecordStore::Update(Record record) {
  return Commit({{Write::Action::kUpdate, std::move(record)}});
}
Status RecordStore::Delete(Key key) {
  Record record;
  record.key = std::move(key);
  return Commit({{Write::Action::kDelete, std::move(record)}});
}

}  // namespace sagebrush::metastore
