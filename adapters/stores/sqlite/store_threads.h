// SPDX-License-Identifier: Apache-2.0
//
// StoreThreads: one thread writes, some read, each with a connection of its own. Whatever writes wait when the writer is free go into one
// transaction and share its sync (group commit). Reads run meanwhile, on snapshots.
//
// Threads:    Write and Read from any; everything that is handed in runs on these threads, but for `gather`.
// Cost:       a group: one sync, at most kMaxWrites writes. A snapshot: at most kMaxReads reads. The longer the queue, the cheaper a read:
//             a reader takes its share of what waits, kMaxShare at most, and goes through it in the order of the keys.
// Invariants: (1) writes take effect in the order of the calls;
//             (2) a read sees every write called before it, whose `done` has run by then, and nothing that is not durable;
//             (3) `done` runs exactly once, outside the lock and outside every transaction; after Stop all have run;
//             (4) a write that fails leaves nothing and does not take others with it: its group is halved until it stands alone;
//             (5) once the file has shown damage, to a reader too, nothing is written any more.
// Example:    threads.Write([&] { return rows.Apply(batch); }, std::move(done));
//             threads.Read("ann", [&](Connection& reader, const std::string& key) { return LoadMailbox(reader, key, record); },
//             std::move(done));

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_THREADS_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_THREADS_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "adapters/stores/sqlite/bell.h"
#include "adapters/stores/sqlite/connection.h"
#include "mailwake/adapters/sqlite_store.h"
#include "mailwake/mutex.h"

namespace mailwake {

class StoreThreads {
 public:
  using WriteWork = absl::AnyInvocable<absl::Status()>;
  using ReadWork = absl::AnyInvocable<absl::Status(Connection&, const std::string&)>;
  using Done = absl::AnyInvocable<void(absl::Status)>;

  static constexpr std::size_t kMaxWrites = 4096;
  static constexpr std::size_t kMaxReads = 64;
  static constexpr std::size_t kMaxShare = 16'384;

  // One thread a reader; at least one. `gather` as in SqliteOptions.
  StoreThreads(Connection& writer, std::vector<std::unique_ptr<Connection>> readers, SqliteOptions::Gather gather = nullptr);
  ~StoreThreads() { Stop(); }

  // Finishes what was called, also by callbacks meanwhile; what is called later fails. REQUIRES: not on one of these threads.
  void Stop();

  // `work` may run several times, each time in a transaction of which nothing of an earlier run is left.
  void Write(WriteWork work, Done done);
  // `key`: what lies side by side in the file has keys side by side.
  void Read(std::string key, ReadWork work, Done done);

 private:
  struct WriteJob {
    std::uint64_t number;
    WriteWork work;
    Done done;
  };
  struct ReadJob {
    std::uint64_t number;
    std::string key;
    ReadWork work;
    Done done;
  };

  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();

  void WriteAll();
  void ReadAll(Connection& reader);
  // What wakes the thread that writes; it may outlive this object where it was gathered.
  struct WriteWake {
    Bell bell;
    std::atomic<bool> gathering = false;
  };

  void WakeWriter();
  void Sleep(const Bell& bell) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Wait for work; nothing: stop.
  std::vector<WriteJob> TakeGroup();
  std::vector<ReadJob> TakeShare();
  void EndGroup();
  void EndShare();
  void RunGroup(std::span<WriteJob> jobs);
  void RunShare(Connection& reader, std::span<ReadJob> jobs);
  void RunReads(Connection& reader, std::span<ReadJob> jobs);

  // Remembers damage.
  absl::Status Note(absl::Status status);
  absl::Status damage() const;

  // A read may go when every write that was called before it has ended.
  bool CanRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const std::uint64_t next_write = writes_.empty() ? kNone : writes_.front().number;
    return !reads_.empty() && reads_.front().number < (writing_ != kNone ? writing_ : next_write);
  }
  // Then it stays so: nothing more is taken.
  bool Finished() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stop_ && busy_ == 0 && writes_.empty() && reads_.empty(); }
  void WakeIfFinished() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Connection& writer_;
  const std::vector<std::unique_ptr<Connection>> readers_;
  const SqliteOptions::Gather gather_;
  const std::shared_ptr<WriteWake> write_wake_ = std::make_shared<WriteWake>();
  Bell read_bell_;

  mutable Mutex mutex_;
  std::uint64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<WriteJob> writes_ ABSL_GUARDED_BY(mutex_);
  std::deque<ReadJob> reads_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t writing_ ABSL_GUARDED_BY(mutex_) = kNone;  // the first write of the group that is under way
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;                   // groups and shares under way
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status damage_ ABSL_GUARDED_BY(mutex_);

  std::vector<std::thread> threads_;  // last: they run as soon as they are made
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_THREADS_H_
