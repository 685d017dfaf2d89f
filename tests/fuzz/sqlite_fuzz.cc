// SPDX-License-Identifier: Apache-2.0
//
// A store's file that was damaged: bytes of a good one are overwritten, or it is cut, as the input says. It is refused with a clear error,
// or opens, and then loads and commits answer: with what was stored, or with an error. Nothing crashes, and a refused file stays as it
// was.

#include <unistd.h>

#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <optional>

#include "mailwake/adapters/sqlite_store.h"
#include "tests/fuzz/fuzz.h"

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

std::string Damaged(Choices& choices) {
  std::string bytes = GoodFile();
  if (choices.Below(16) == 0) bytes.resize(choices.Below(65'536) * 4 % bytes.size());
  while (!choices.done() && !bytes.empty()) {
    const std::size_t at = (choices.Below(65'536) * 4 + choices.Below(4)) % bytes.size();
    const std::string_view with = choices.Bytes(1 + choices.Below(24));
    bytes.replace(at, std::min(with.size(), bytes.size() - at), with.substr(0, bytes.size() - at));
  }
  return bytes;
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
  const std::string bytes = Damaged(choices);
  const std::string path = Directory() + "/damaged.db";
  for (const char* beside : {"", "-wal", "-shm", ".lock"}) unlink((path + beside).c_str());
  WriteFile(path, bytes);
  auto store = OpenSqliteStore(path);
  if (store.ok()) {
    Use(**store);
  } else {
    FUZZ_CHECK(store.status().message().size() > 20);
    FUZZ_CHECK(ReadFile(path) == bytes);
  }
  return 0;
}
