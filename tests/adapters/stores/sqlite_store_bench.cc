// SPDX-License-Identifier: Apache-2.0
//
// What the SQLite store takes: commits alone and grouped, loads, opening. Not a test; docs/decisions/sqlite.md quotes it.
//
//   TMPDIR=/a/real/disk sqlite_store_bench

#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

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

// What a sync writes: the cursors of one device in so many folders of a mailbox that has 12, or 300.
void CommitCursors(benchmark::State& state) {
  TempDir directory;
  auto store = OpenSqliteStore(directory.File("store.db")).value();
  constexpr int kMailboxes = 10'000;
  const int folders = static_cast<int>(state.range(0)), set = static_cast<int>(state.range(1));
  const auto write = [folders](int mailbox, int count, Version version) {
    MailboxWrite to{.mailbox = Name(mailbox)};
    MailboxWrite::DeviceWrite device{.record = {.id = "ApplDN6T"}, .cursors_only = true};
    for (int i = 0; i < count; ++i) {
      const int folder = count == folders ? i : (static_cast<int>(version) + i) % folders;
      device.record.cursors.push_back({.folder = "folder" + std::to_string(folder), .cursor = version});
    }
    to.devices.push_back(device);
    return to;
  };
  for (int first = 0; first < kMailboxes; first += 1000) {
    WriteBatch batch;
    for (int i = first; i < first + 1000; ++i) batch.mailboxes.push_back(write(i, folders, 1));
    if (!Commit(*store, batch).ok()) std::abort();
  }
  std::atomic<int> under_way = 0;
  Version version = 1'000'000;
  for (auto _ : state) {
    ++version;
    for (int now = under_way; now >= 256; now = under_way) under_way.wait(now);
    ++under_way;
    store->CommitOwned({.mailboxes = {write(static_cast<int>(version * 7919 % kMailboxes), set, version)}},
                       [&under_way](const absl::Status& status) {
                         if (!status.ok()) std::abort();
                         --under_way;
                         under_way.notify_one();
                       });
  }
  for (int now = under_way; now > 0; now = under_way) under_way.wait(now);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CommitCursors)
    ->ArgNames({"folders", "set"})
    ->Args({12, 1})
    ->Args({12, 3})
    ->Args({12, 12})
    ->Args({300, 1})
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// One commit after another while 10,000 loads wait at any time: how long each takes.
void CommitInAStorm(benchmark::State& state) {
  TempDir directory;
  auto store = OpenSqliteStore(directory.File("store.db")).value();
  constexpr int kMailboxes = 100'000;
  Fill(*store, kMailboxes);
  std::atomic<bool> stop = false;
  std::atomic<int> under_way = 0;
  std::atomic<std::int64_t> loaded = 0;
  std::thread storm([&] {
    for (int i = 0; !stop; ++i) {
      for (int now = under_way; now >= 10'000; now = under_way) under_way.wait(now);
      ++under_way;
      store->Load(Name(static_cast<int>(i * std::int64_t{7919} % kMailboxes)), [&](const auto&) {
        ++loaded;
        --under_way;
        under_way.notify_one();
      });
    }
  });
  Version version = 1;
  for (auto _ : state) {
    ++version;
    if (!Commit(*store, Publish(static_cast<int>(version % kMailboxes), version)).ok()) state.SkipWithError("commit");
  }
  state.counters["loads"] = benchmark::Counter(static_cast<double>(loaded), benchmark::Counter::kIsRate);
  state.counters["wal_MB"] = static_cast<double>(std::filesystem::file_size(directory.File("store.db-wal"))) / 1e6;
  stop = true;
  storm.join();
  for (int now = under_way; now > 0; now = under_way) under_way.wait(now);
}
BENCHMARK(CommitInAStorm)->UseRealTime()->Unit(benchmark::kMicrosecond)->MinTime(5);

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
