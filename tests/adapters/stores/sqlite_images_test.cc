// SPDX-License-Identifier: Apache-2.0
//
// The disk as a loss of power may leave it, at each write, sync and deletion of a story: opening, commits, a checkpoint in the middle,
// closing, opening again; and the story of a file of the oldest schema. Each image opens, and has what was acknowledged until then.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/fault_disk.h"
#include "tests/adapters/stores/oldest_schema.h"
#include "tests/adapters/stores/sql.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

// What survives of the steps that no sync of their file has followed.
enum class Keeps { kSynced, kAll, kHalfOfTheLast, kSome };

using Image = std::map<std::string, std::string>;  // path to bytes

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Apply(Image& image, const DiskStep& step, std::size_t size) {
  if (step.kind == DiskStep::kDelete) {
    image.erase(step.path);
    return;
  }
  const auto offset = static_cast<std::size_t>(step.offset);
  std::string& bytes = image[step.path];
  if (step.kind == DiskStep::kTruncate) {
    bytes.resize(offset);
  } else if (step.kind == DiskStep::kWrite) {
    if (bytes.size() < offset + size) bytes.resize(offset + size);
    bytes.replace(offset, size, step.bytes, 0, size);
  }
}

// The image after the first `count` steps. A file whose deletion did not come through is another one than that which came after it under
// its name, and nothing of that came through either.
Image After(Image image, const std::vector<DiskStep>& steps, std::size_t count, Keeps keeps, std::mt19937& random) {
  std::set<std::string> stale;
  for (std::size_t i = 0; i < count; ++i) {
    const DiskStep& step = steps[i];
    bool synced = false;
    for (std::size_t j = i + 1; j < count && !synced; ++j) synced = steps[j].kind == DiskStep::kSync && steps[j].path == step.path;
    bool kept = synced || keeps == Keeps::kAll || (keeps == Keeps::kSome && random() % 2 == 0);
    if (synced) stale.erase(step.path);
    std::size_t size = step.bytes.size();
    if (keeps == Keeps::kHalfOfTheLast) {
      kept = true;
      if (i + 1 == count) size /= 2;
    }
    if (stale.contains(step.path)) continue;
    if (kept) {
      Apply(image, step, size);
    } else if (step.kind == DiskStep::kDelete) {
      stale.insert(step.path);
    }
  }
  return image;
}

// What was acknowledged when so many steps were taken.
struct Promise {
  std::size_t steps;
  std::string mailbox;
  Version version;
};

class SqliteImages : public testing::Test {
 protected:
  SqliteImages() { FaultDisk::Install(); }

  void Acknowledge(Store& store, const std::string& mailbox, Version version) {
    ASSERT_TRUE(Commit(store, VersionBatch(mailbox, version)).ok());
    promises_.push_back({FaultDisk::Recorded(), mailbox, version});
  }

  Image Now() const {
    Image image;
    for (const char* beside : {"", "-wal", "-journal"}) {
      if (std::filesystem::exists(path_ + beside)) image[path_ + beside] = ReadAll(path_ + beside);
    }
    return image;
  }

  // Opens each image there is; `more` looks further. Answers how many there were.
  int OpenEach(const Image& before, const std::vector<DiskStep>& steps, const std::function<void(SqliteStore&)>& more) {
    std::mt19937 random(1);
    int images = 0;
    for (std::size_t count = 0; count <= steps.size(); ++count) {
      for (const auto& [keeps, times] : {std::pair{Keeps::kSynced, 1}, {Keeps::kAll, 1}, {Keeps::kHalfOfTheLast, 1}, {Keeps::kSome, 3}}) {
        for (int i = 0; i < times; ++i) {
          SCOPED_TRACE("step " + std::to_string(count) + " of " + std::to_string(steps.size()) + ", kept " +
                       std::to_string(static_cast<int>(keeps)));
          Open(After(before, steps, count, keeps, random), count, more);
          ++images;
          if (HasFailure()) return images;
        }
      }
    }
    return images;
  }

  void Write(const Image& image, const std::string& name) {
    for (const auto& [path, bytes] : image) {
      std::ofstream(name + path.substr(path_.size()), std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
  }

  void Open(const Image& image, std::size_t count, const std::function<void(SqliteStore&)>& more) {
    TempDir directory;
    const std::string name = directory.File("store.db");
    Write(image, name);
    {
      auto store = OpenSqliteStore(name);
      ASSERT_TRUE(store.ok()) << store.status();
      std::map<std::string, Version> least;
      for (const Promise& promise : promises_) {
        if (promise.steps <= count) least[promise.mailbox] = promise.version;
      }
      for (const auto& [mailbox, version] : least) {
        const std::optional<Version> found = WholeVersion(Load(**store, mailbox).value());
        ASSERT_TRUE(found.has_value()) << "half a commit of " << mailbox;
        EXPECT_GE(*found, version) << mailbox;
      }
      for (const auto& [steps, ceiling] : ceilings_) {
        if (steps <= count) {
          EXPECT_GE((*store)->opened().first_version, ceiling);
        }
      }
      more(**store);
      EXPECT_TRUE(Commit(**store, VersionBatch("after", 1)).ok()) << "it goes on";
    }
    EXPECT_EQ(QuerySql(name, "PRAGMA integrity_check"), "ok");
  }

  TempDir directory_;
  const std::string path_ = directory_.File("store.db");
  std::vector<Promise> promises_;
  std::vector<std::pair<std::size_t, Version>> ceilings_;  // after so many steps versions below may have been given out
};

TEST_F(SqliteImages, OfCommitsCheckpointsAndClosingKeepWhatWasAcknowledged) {
  OpenSqliteStore(path_).value().reset();
  const Image before = Now();
  FaultDisk::Record();
  for (Version round = 0; round < 2; ++round) {
    auto store = OpenSqliteStore(path_, {.readers = 1}).value();
    ceilings_.emplace_back(FaultDisk::Recorded(), store->opened().ceiling);
    Acknowledge(*store, "ann", 10 * round + 1);
    Acknowledge(*store, "bob", 10 * round + 2);
    QuerySql(path_, "PRAGMA wal_checkpoint(PASSIVE)");  // of a log that is written from its beginning again
    Acknowledge(*store, "ann", 10 * round + 3);
    WriteBatch batch;
    for (int i = 0; i < 100; ++i) batch.mailboxes.push_back(VersionBatch("many" + std::to_string(i), 10 * round + 4).mailboxes[0]);
    ASSERT_TRUE(Commit(*store, batch).ok());
    promises_.push_back({FaultDisk::Recorded(), "many99", 10 * round + 4});
    QuerySql(path_, "PRAGMA wal_checkpoint(PASSIVE)");
    Acknowledge(*store, "bob", 10 * round + 5);
  }
  const std::vector<DiskStep> steps = FaultDisk::TakeRecord();
  int deletions = 0, writes = 0;
  for (const DiskStep& step : steps) {
    deletions += step.kind == DiskStep::kDelete ? 1 : 0;
    writes += step.kind == DiskStep::kWrite && step.path == path_ ? 1 : 0;
  }
  EXPECT_GT(deletions, 0) << "closing is not in it";
  EXPECT_GT(writes, 10) << "no checkpoint is in it";
  EXPECT_GT(OpenEach(before, steps, [](SqliteStore&) {}), 500);
}

// A disk that says it has written and has not may lose anything. What cannot be read then is left alone.
TEST_F(SqliteImages, OfADiskThatLiedAreOpenedOrRefusedAsTheyAre) {
  OpenSqliteStore(path_).value().reset();
  Image before = Now();
  FaultDisk::Record();
  for (Version round = 1; round <= 6; ++round) {
    auto store = OpenSqliteStore(path_, {.readers = 1}).value();
    WriteBatch batch;
    for (int i = 0; i < 100; ++i) batch.mailboxes.push_back(VersionBatch(std::to_string(round * 1000 + i), 1).mailboxes[0]);
    ASSERT_TRUE(Commit(*store, batch).ok());
  }
  std::vector<DiskStep> steps = FaultDisk::TakeRecord();
  std::erase_if(steps, [this](const DiskStep& step) { return step.path != path_; });  // all is in the file when a store has closed
  std::mt19937 random(2);
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(i);
    Image image = before;
    for (const DiskStep& step : steps) {
      if (random() % 4 != 0) Apply(image, step, step.bytes.size());
    }
    TempDir directory;
    const std::string name = directory.File("store.db");
    Write(image, name);
    const auto store = OpenSqliteStore(name);
    if (store.ok()) continue;
    ++refused;
    EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss) << store.status();
    EXPECT_TRUE(ReadAll(name) == image[path_]) << store.status();
  }
  EXPECT_GT(refused, 20);
}

TEST_F(SqliteImages, OfAMigrationHaveTheOldSchemaOrTheNewOneAndAllThatWasInIt) {
  RunSql(path_, kSchema1);
  RunSql(path_, R"sql(
    WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 99)
    INSERT INTO devices SELECT 'm' || i, 'd', 7, NULL, NULL, NULL FROM n;
    WITH n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 99)
    INSERT INTO cursors SELECT 'm' || i, 'd', 'inbox', 300 + i FROM n;)sql");
  const Image before = Now();
  FaultDisk::Record();
  {
    auto store = OpenSqliteStore(path_, {.readers = 1}).value();
    Acknowledge(*store, "bob", 6'000'000);
  }
  const std::vector<DiskStep> steps = FaultDisk::TakeRecord();
  const int images = OpenEach(before, steps, [](SqliteStore& store) {
    EXPECT_GE(store.opened().first_version, 5'000'000u);
    EXPECT_EQ(store.opened().suspect, 17u);
    const MailboxRecord ann = Load(store, "ann").value();
    ASSERT_EQ(ann.folders.size(), 1u);
    EXPECT_EQ(ann.folders[0].version, 32u);
    ASSERT_EQ(ann.devices.size(), 1u);
    EXPECT_EQ(ann.devices[0].cursors, (Reused<CursorRecord>{{"inbox", 30}}));
    for (const Version i : {0, 50, 99}) {
      const MailboxRecord record = Load(store, "m" + std::to_string(i)).value();
      ASSERT_EQ(record.devices.size(), 1u);
      EXPECT_EQ(record.devices[0].cursors, (Reused<CursorRecord>{{"inbox", 300 + i}}));
    }
    EXPECT_EQ(Find(store.accounts(), "ann").value()->verified, "v");
  });
  EXPECT_GT(images, 100);
}

}  // namespace
}  // namespace mailwake
