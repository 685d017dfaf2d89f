// SPDX-License-Identifier: Apache-2.0
//
// A store's file that was damaged, or its log (-wal): bytes of a good one are overwritten, frames of the log are moved, or it is cut, as
// the input says. It is refused with a clear error, or opens, and then loads and commits answer: with what was stored, or with an error.
// Nothing crashes, and what was refused stays as it was. A log whose checksums were not mended never makes trouble: some commit of it is
// the last, and that one is there whole.

#include <unistd.h>

#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <optional>

#include "mailwake/adapters/sqlite_store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/wal.h"

namespace mailwake::fuzz {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string Mailbox(int i) { return "user" + std::to_string(i) + "@example.org"; }

absl::Status Commit(Store& store, WriteBatch batch) {
  std::promise<absl::Status> done;
  store.CommitOwned(std::move(batch), [&done](absl::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get();
}

// What a call answers, later.
template <typename Answer, typename Call>
Answer Await(Call call) {
  std::promise<Answer> done;
  call([&done](Answer answer) { done.set_value(std::move(answer)); });
  return done.get_future().get();
}

// In memory if there is such a file system: fsync costs most otherwise.
std::string Directory() {
  static const std::string kDirectory = [] {
    std::string path = access("/dev/shm", W_OK) == 0 ? "/dev/shm/mailwake_fuzz.XXXXXX" : "/tmp/mailwake_fuzz.XXXXXX";
    FUZZ_CHECK(mkdtemp(path.data()) != nullptr);
    return path;
  }();
  return kDirectory;
}

// A file with twenty mailboxes, as a store leaves it.
const std::string& GoodFile() {
  static const std::string kBytes = [] {
    const std::string path = Directory() + "/good.db";
    {
      auto store = OpenSqliteStore(path).value();
      WriteBatch batch;
      for (int i = 0; i < 20; ++i) {
        MailboxWrite write{.mailbox = Mailbox(i), .hierarchy = MailboxWrite::Hierarchy{true, 7}};
        for (const char* folder : {"inbox", "calendar", "contacts"})
          write.folders.push_back({.id = folder, .version = 5, .other = 5, .declared = true, .name = folder});
        write.devices.push_back(
            {.record = {
                 .id = "phone", .heartbeat = std::chrono::seconds(600), .folders = {{{"inbox"}}}, .cursors = {CursorRecord{"inbox", 3}}}});
        batch.mailboxes.push_back(std::move(write));
      }
      FUZZ_CHECK(Commit(*store, std::move(batch)).ok());
      FUZZ_CHECK(Await<absl::Status>([&](auto done) { store->accounts().Put({{Mailbox(0), "{ARGON2ID}x"}}, std::move(done)); }).ok());
      FUZZ_CHECK(Await<absl::Status>([&](auto done) {
                   store->front_state().Save({"eas", Mailbox(0), "phone"}, "state", std::move(done));
                 }).ok());
    }
    return ReadFile(path);
  }();
  return kBytes;
}

void Overwrite(std::string& bytes, Choices& choices) {
  while (!choices.done() && !bytes.empty()) {
    const std::size_t at = (choices.Below(65'536) * 4 + choices.Below(4)) % bytes.size();
    const std::string_view with = choices.Bytes(1 + choices.Below(24));
    bytes.replace(at, std::min(with.size(), bytes.size() - at), with.substr(0, bytes.size() - at));
  }
}

// A file and its log, of a store that was killed.
struct Files {
  std::string main, log;
};

Files DamagedFile(Choices& choices, bool cut) {
  Files files{.main = GoodFile()};
  if (cut) files.main.resize(choices.Below(65'536) * 4 % files.main.size());
  Overwrite(files.main, choices);
  return files;
}

constexpr Version kCommits = 4;

// The log holds commits that set the same version in three mailboxes: 10, 11, ...
const Files& GoodLog() {
  static const Files kFiles = [] {
    const std::string path = Directory() + "/logged.db";
    WriteFile(path, GoodFile());
    auto store = OpenSqliteStore(path).value();
    for (Version version = 10; version < 10 + kCommits; ++version) {
      WriteBatch batch;
      for (int i = 0; i < 3; ++i) {
        batch.mailboxes.push_back(
            {.mailbox = Mailbox(i), .folders = {{FolderRecord{.id = "inbox", .version = version, .other = version}}}});
      }
      FUZZ_CHECK(Commit(*store, std::move(batch)).ok());
    }
    return Files{ReadFile(path), ReadFile(path + "-wal")};
  }();
  return kFiles;
}

// Damages the log: sets and moves frames, cuts it, overwrites bytes; and makes its checksums right again, if `mend`.
Files DamagedLog(Choices& choices, bool mend) {
  Files files = GoodLog();
  const std::size_t frames = (files.log.size() - wal::kHeader) / wal::kFrame;
  for (std::size_t moves = choices.Below(4); moves > 0; --moves) {
    const std::size_t from = wal::FrameAt(choices.Below(frames)), to = wal::FrameAt(choices.Below(frames));
    if (choices.Coin()) files.log.replace(to, wal::kFrame, std::string(files.log, from, wal::kFrame));
    const std::size_t field = choices.Coin() ? 4 : 0;  // the size of the database after a commit; the page's number
    wal::SetWord(files.log, to + field, static_cast<std::uint32_t>(choices.Below(256)));
  }
  if (choices.Below(4) == 0) files.log.resize(wal::FrameAt(choices.Below(frames + 1)));
  if (choices.Below(4) == 0) files.log.resize(choices.Below(65'536) % files.log.size());
  Overwrite(files.log, choices);
  if (mend) wal::Mend(files.log);
  return files;
}

// What a log with wrong checksums leaves: in every mailbox the version of the same commit.
void UseWholeCommit(Store& store) {
  std::optional<Version> all;
  for (int i = 0; i < 3; ++i) {
    const auto record = Await<absl::StatusOr<MailboxRecord>>([&](auto done) { store.Load(Mailbox(i), std::move(done)); });
    FUZZ_CHECK(record.ok());
    for (const FolderRecord& folder : record->folders) {
      if (folder.id != "inbox") continue;
      FUZZ_CHECK(folder.version == 5 || (folder.version >= 10 && folder.version < 10 + kCommits));
      FUZZ_CHECK(all.value_or(folder.version) == folder.version);
      all = folder.version;
    }
  }
  FUZZ_CHECK(all.has_value());
}

// Well, or an error that says something.
void Clear(const absl::Status& status) { FUZZ_CHECK(status.ok() || !status.message().empty()); }

WriteBatch EveryWrite() {
  WriteBatch batch{.ceiling = 1000, .suspect = 8};
  batch.mailboxes.push_back({.mailbox = Mailbox(3), .folders = {{FolderRecord{.id = "inbox", .version = 9, .other = 9}}}});
  MailboxWrite devices{.mailbox = Mailbox(4), .hierarchy = MailboxWrite::Hierarchy{false, 8}, .erased_folders = {"contacts"}};
  devices.devices.push_back(
      {.record = {.id = "phone", .cursors = {CursorRecord{"inbox", 9}, CursorRecord{"calendar", 9}}}, .cursors_only = true});
  devices.devices.push_back({.record = {.id = "new", .heartbeat = std::chrono::seconds(480), .folders = {{{"inbox"}}}}});
  devices.devices.push_back({.record = {.id = "tablet", .cursors = {CursorRecord{"inbox", 2}}}, .cursors_only = true});
  batch.mailboxes.push_back(std::move(devices));
  MailboxWrite erased{.mailbox = Mailbox(5)};
  erased.devices.push_back({.record = {.id = "phone"}, .erase = true});
  batch.mailboxes.push_back(std::move(erased));
  return batch;
}

void Use(SqliteStore& store) {
  for (int i = 0; i < 20; ++i) {
    std::promise<absl::StatusOr<MailboxRecord>> done;
    store.Load(Mailbox(i), [&done](absl::StatusOr<MailboxRecord> record) { done.set_value(std::move(record)); });
    const absl::StatusOr<MailboxRecord> record = done.get_future().get();
    FUZZ_CHECK(record.ok() || !record.status().message().empty());
  }
  Clear(Commit(store, EveryWrite()));
  Clear(Await<absl::StatusOr<std::size_t>>([&](auto done) { store.AgeOut(Time(std::chrono::hours(1)), std::move(done)); }).status());
  Clear(
      Await<absl::StatusOr<std::optional<AccountRecord>>>([&](auto done) { store.accounts().Find(Mailbox(0), std::move(done)); }).status());
  Clear(Await<absl::Status>([&](auto done) { store.accounts().Put({{Mailbox(1), "{ARGON2ID}y"}}, std::move(done)); }));
  Clear(Await<absl::Status>([&](auto done) { store.accounts().Remember(Mailbox(0), "{ARGON2ID}x", "hash", std::move(done)); }));
  Clear(Await<absl::StatusOr<AccountChanges>>([&](auto done) { store.accounts().Changes(0, std::move(done)); }).status());
  const FrontStateKey key{"eas", Mailbox(0), "phone"};
  Clear(Await<absl::StatusOr<std::string>>([&](auto done) { store.front_state().Load(key, std::move(done)); }).status());
  Clear(Await<absl::Status>([&](auto done) { store.front_state().Save(key, "other", std::move(done)); }));
  Clear(Await<absl::Status>([&](auto done) { store.front_state().Save(key, "", std::move(done)); }));
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake;        // NOLINT
  using namespace mailwake::fuzz;  // NOLINT
  Choices choices(data, size);
  const std::uint8_t what = choices.Byte();
  const bool log = what >= 128, mended = (what & 1) != 0;
  const Files files = log ? DamagedLog(choices, mended) : DamagedFile(choices, /*cut=*/what % 16 == 0);
  const std::string path = Directory() + "/damaged.db";
  for (const char* beside : {"", "-wal", "-shm", ".lock"}) unlink((path + beside).c_str());
  WriteFile(path, files.main);
  if (log) WriteFile(path + "-wal", files.log);
  auto store = OpenSqliteStore(path);
  if (log && !mended) {
    FUZZ_CHECK(store.ok());
    UseWholeCommit(**store);
  }
  if (store.ok()) {
    Use(**store);
  } else {
    FUZZ_CHECK(store.status().message().size() > 20);
    FUZZ_CHECK(ReadFile(path) == files.main);
    if (log) FUZZ_CHECK(ReadFile(path + "-wal") == files.log);
  }
  return 0;
}
