// SPDX-License-Identifier: Apache-2.0
//
// StoreThread: the one thread that touches the connection. Whatever writes wait when it is free go into one transaction and share its sync
// (group commit); reads follow them on one snapshot.
//
// Threads:    Write and Read from any; everything that is handed in runs on the thread of its own.
// Cost:       a round: at most one sync, kMaxWrites writes, kMaxReads reads.
// Invariants: (1) writes take effect in the order of the calls;
//             (2) a read sees every write called before it, and nothing that is not durable;
//             (3) `done` runs exactly once, outside the lock and outside every transaction; after the destructor all have run;
//             (4) a write that fails leaves nothing and does not take others with it: its group is halved until it stands alone;
//             (5) once the file has shown damage, nothing is written any more.
// Example:    thread.Write([&] { return rows.Apply(batch); }, std::move(done));

#ifndef MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_THREAD_H_
#define MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_THREAD_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <span>
#include <thread>
#include <vector>

#include "adapters/stores/sqlite/connection.h"
#include "mailwake/mutex.h"

namespace mailwake {

class StoreThread {
 public:
  using Work = absl::AnyInvocable<absl::Status()>;
  using Done = absl::AnyInvocable<void(absl::Status)>;

  static constexpr std::size_t kMaxWrites = 4096;
  static constexpr std::size_t kMaxReads = 256;

  explicit StoreThread(Connection& connection);
  // Finishes what was called. REQUIRES: not on its own thread.
  ~StoreThread();

  // `work` may run several times, each time in a transaction of which nothing of an earlier run is left.
  void Write(Work work, Done done);
  void Read(Work work, Done done);

 private:
  struct Job {
    std::uint64_t number;
    Work work;
    Done done;
  };
  struct Round {
    std::vector<Job> writes;
    std::vector<Job> reads;
  };

  void Run();
  // Waits for work; an empty round means: stop.
  Round Take();
  void RunWrites(std::span<Job> jobs);
  void RunReads(std::span<Job> jobs);
  // Remembers damage.
  absl::Status Note(absl::Status status);

  Connection& connection_;
  absl::Status damage_;  // of the thread alone

  Mutex mutex_;
  std::condition_variable_any wake_;
  std::uint64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Job> writes_ ABSL_GUARDED_BY(mutex_);
  std::deque<Job> reads_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: it runs as soon as it is made
};

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_STORES_SQLITE_STORE_THREAD_H_
