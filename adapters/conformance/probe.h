// SPDX-License-Identifier: Apache-2.0
//
// StoreProbe: the store under test, with calls that wait for their callback and with a count of the callbacks.
//
// Threads:    Call and what it returns from any thread; the rest from the test's.
// Invariants: when the probe goes, every call was answered exactly once, or the test fails.
// Example:    StoreProbe probe(GetParam()()); ASSERT_TRUE(probe.Commit(batch).ok()); EXPECT_EQ(probe.Load("ann").folders.size(), 1u);

#ifndef MAILWAKE_ADAPTERS_CONFORMANCE_PROBE_H_
#define MAILWAKE_ADAPTERS_CONFORMANCE_PROBE_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "mailwake/adapters/store_conformance.h"
#include "mailwake/mutex.h"

namespace mailwake {

// What a callback said, once it came.
template <typename T>
class Answer {
 public:
  // Waits for it; nullopt when it does not come within a minute.
  std::optional<T> Get() {
    MutexLock lock(mutex_);
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!value_ && came_.wait_until(mutex_, patience) != std::cv_status::timeout) {
    }
    return value_;
  }
  bool Came() {
    MutexLock lock(mutex_);
    return value_.has_value();
  }
  void Set(T value) {
    MutexLock lock(mutex_);
    if (value_) ADD_FAILURE() << "a callback came twice";
    value_ = std::move(value);
    came_.notify_all();
  }

 private:
  Mutex mutex_;
  std::condition_variable_any came_;
  std::optional<T> value_ ABSL_GUARDED_BY(mutex_);
};

class StoreProbe {
 public:
  explicit StoreProbe(std::unique_ptr<StoreHarness> harness);
  ~StoreProbe();

  Store& store() { return *store_; }
  StoreHarness& harness() { return *harness_; }

  // Calls that return at once.
  std::shared_ptr<Answer<absl::Status>> StartCommit(WriteBatch batch);
  std::shared_ptr<Answer<absl::StatusOr<MailboxRecord>>> StartLoad(const std::string& mailbox);

  // Calls that wait.
  absl::Status Commit(WriteBatch batch);
  absl::Status Commit(MailboxWrite write);
  // Folders, devices and cursors sorted by id: a store may return them in any order.
  MailboxRecord Load(const std::string& mailbox);
  std::size_t AgeOut(Time before);

  // Destroys the store and opens it again on the same data.
  void Reopen();
  // False: the harness cannot kill, and the store was closed in order.
  bool KillAndReopen();

 private:
  void Close();
  void ExpectAllAnswered();

  std::unique_ptr<StoreHarness> harness_;
  std::unique_ptr<Store> store_;
  std::atomic<int> unanswered_ = 0;
};

// Whole records compared, in words when they differ.
void ExpectSame(const MailboxRecord& got, const MailboxRecord& want);

void PrintTo(const FolderRecord& folder, std::ostream* out);
void PrintTo(const DeviceRecord& device, std::ostream* out);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_CONFORMANCE_PROBE_H_
