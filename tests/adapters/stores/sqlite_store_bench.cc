// SPDX-License-Identifier: Apache-2.0
//
// What the SQLite store takes: commits alone and grouped, loads, opening. Not a test; docs/decisions/sqlite.md quotes it.
//
//   TMPDIR=/a/real/disk sqlite_store_bench

#include <benchmark/benchmark.h>

#include <atomic>

#include "tests/adapters/stores/await.h"
#include "tests/adapters/stores/temp_dir.h"

namespace mailwake {
namespace {

constexpr int kFolders = 5;

std::string Name(int mailbox) { return "user" + std::to_string(mailbox) + "@example.org"; }

// A mailbox as it is after a first PING: five folders, one device with a cursor in each.
MailboxWrite Mailbox(int mailbox) {
  MailboxWrite write{.mailbox = Name(mailbox)};
  write.hierarchy = {.declared = true, .version = 1};
  MailboxWrite::DeviceWrite device{.record = {.id = "ApplDN6T", .heartbeat = std::chrono::seconds(900), .folders = {{}}}};
  for (int i = 0; i < kFolders; ++i) {
    const std::string id = "folder" + std::to_string(i);
    write.folders.push_back({.id = id, .version = 1, .other = 1, .declared = true, .name = "Folder " + std::to_string(i), .type = 2});
    device.record.folders->push_back({.id = id});
    device.record.cursors.push_back({.folder = id, .cursor = 1});
  }
  write.devices.push_back(device);
  return write;
}

// What a publish writes: one folder's new version.
WriteBatch Publish(int mailbox, Version version) {
  MailboxWrite write{.mailbox = Name(mailbox)};
  write.folders.push_back({.id = "folder0", .version = version, .other = version, .declared = true, .name = "Folder 0", .type = 2});
  return {.mailboxes = {write}};
}

void Fill(SqliteStore& store, int mailboxes) {
  for (int first = 0; first < mailboxes; first += 1000) {
    WriteBatch batch;
    for (int i = first; i < std::min(first + 1000, mailboxes); ++i) batch.mailboxes.push_back(Mailbox(i));
    if (!Commit(store, batch).ok()) std::abort();
  }
}

// Each commit waits for the one before it: one sync a commit.
void CommitAlone(benchmark::State& state) {
  TempDir directory;
  auto store = OpenSqliteStore(directory.File("store.db")).value();
  Fill(*store, 1000);
  Version version = 1;
  for (auto _ : state) {
    ++version;
    if (!Commit(*store, Publish(static_cast<int>(version % 1000), version)).ok()) state.SkipWithError("commit");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CommitAlone)->UseRealTime();

// So many commits are under way at any time; those that wait share a sync.
void CommitGrouped(benchmark::State& state) {
  TempDir directory;
  auto store = OpenSqliteStore(directory.File("store.db")).value();
  Fill(*store, 1000);
  std::atomic<int> under_way = 0;
  Version version = 1;
  for (auto _ : state) {
    ++version;
    for (int now = under_way; now >= state.range(0); now = under_way) under_way.wait(now);
    ++under_way;
    store->CommitOwned(Publish(static_cast<int>(version % 1000), version), [&under_way](const absl::Status& status) {
      if (!status.ok()) std::abort();
      --under_way;
      under_way.notify_one();
    });
  }
  for (int now = under_way; now > 0; now = under_way) under_way.wait(now);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CommitGrouped)->Arg(16)->Arg(256)->Arg(4096)->UseRealTime();

// All mailboxes once, 1,000 loads under way: a restart with as many devices.
void LoadAll(benchmark::State& state) {
  TempDir directory;
  auto store = OpenSqliteStore(directory.File("store.db")).value();
  const int mailboxes = static_cast<int>(state.range(0));
  Fill(*store, mailboxes);
  for (auto _ : state) {
    std::atomic<int> under_way = 0;
    for (int i = 0; i < mailboxes; ++i) {
      for (int now = under_way; now >= 1000; now = under_way) under_way.wait(now);
      ++under_way;
      store->Load(Name(i * 7919 % mailboxes), [&under_way](const absl::StatusOr<MailboxRecord>& record) {
        if (!record.ok() || record->folders.size() != kFolders) std::abort();
        --under_way;
        under_way.notify_one();
      });
    }
    for (int now = under_way; now > 0; now = under_way) under_way.wait(now);
  }
  state.SetItemsProcessed(state.iterations() * mailboxes);
}
BENCHMARK(LoadAll)->Arg(100'000)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

// Opening checks every page.
void Open(benchmark::State& state) {
  TempDir directory;
  Fill(*OpenSqliteStore(directory.File("store.db")).value(), static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(OpenSqliteStore(directory.File("store.db")).value());
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(directory.File("store.db"))) / 1e6;
}
BENCHMARK(Open)->Arg(0)->Arg(100'000)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

void AgeOutAll(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    TempDir directory;
    auto store = OpenSqliteStore(directory.File("store.db")).value();
    Fill(*store, static_cast<int>(state.range(0)));
    state.ResumeTiming();
    if (AgeOut(*store, Time::max()).value_or(0) != static_cast<std::size_t>(state.range(0))) state.SkipWithError("age out");
    state.PauseTiming();
    store.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(AgeOutAll)->Arg(100'000)->Iterations(1)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mailwake

BENCHMARK_MAIN();
