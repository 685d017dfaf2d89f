// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/store_thread.h"

#include <utility>

namespace mailwake {

StoreThread::StoreThread(Connection& connection) : connection_(connection), thread_([this] { Run(); }) {}

StoreThread::~StoreThread() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StoreThread::Write(Work work, Done done) {
  {
    MutexLock lock(mutex_);
    writes_.push_back({.number = ++calls_, .work = std::move(work), .done = std::move(done)});
  }
  wake_.notify_one();
}

void StoreThread::Read(Work work, Done done) {
  {
    MutexLock lock(mutex_);
    reads_.push_back({.number = ++calls_, .work = std::move(work), .done = std::move(done)});
  }
  wake_.notify_one();
}

void StoreThread::Run() {
  while (true) {
    Round round = Take();
    if (round.writes.empty() && round.reads.empty()) return;
    if (!round.writes.empty()) RunWrites(round.writes);
    if (!round.reads.empty()) RunReads(round.reads);
  }
}

StoreThread::Round StoreThread::Take() {
  MutexLock lock(mutex_);
  while (writes_.empty() && reads_.empty() && !stop_) wake_.wait(mutex_);
  Round round;
  while (!writes_.empty() && round.writes.size() < kMaxWrites) {
    round.writes.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  // A read goes only when no write that was called before it is left behind.
  while (!reads_.empty() && round.reads.size() < kMaxReads && (writes_.empty() || reads_.front().number < writes_.front().number)) {
    round.reads.push_back(std::move(reads_.front()));
    reads_.pop_front();
  }
  return round;
}

void StoreThread::RunWrites(std::span<Job> jobs) {
  absl::Status status = damage_;
  if (status.ok()) {
    status = Note(connection_.Write([jobs] {
      for (Job& job : jobs) {
        absl::Status written = job.work();
        if (!written.ok()) return written;
      }
      return absl::OkStatus();
    }));
  }
  // A disk that fails and a file that is damaged or busy are nobody's fault in particular: halving would only ask for the same error again.
  const bool shared = status.ok() || absl::IsDataLoss(status) || absl::IsUnavailable(status);
  if (!shared && jobs.size() > 1) {
    RunWrites(jobs.first(jobs.size() / 2));
    RunWrites(jobs.subspan(jobs.size() / 2));
    return;
  }
  for (Job& job : jobs) job.done(status);
}

void StoreThread::RunReads(std::span<Job> jobs) {
  std::vector<absl::Status> results(jobs.size());
  absl::Status status = connection_.Read([&] {
    for (std::size_t i = 0; i < jobs.size(); ++i) results[i] = Note(jobs[i].work());
    return absl::OkStatus();
  });
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].done(status.ok() ? std::move(results[i]) : status);
}

absl::Status StoreThread::Note(absl::Status status) {
  if (absl::IsDataLoss(status) && damage_.ok()) {
    damage_ = status;
    connection_.NoCheckpointOnClose();
  }
  return status;
}

}  // namespace mailwake
