// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/store_threads.h"

#include <algorithm>
#include <utility>

namespace mailwake {
namespace {

// The same again will succeed, at the next owner: whoever asks may not take it for final.
absl::Status Released() { return absl::UnavailableError("the store has been given to another server: send it again"); }

}  // namespace

StoreThreads::StoreThreads(Connection& writer, std::vector<std::unique_ptr<Connection>> readers, SqliteOptions::Gather gather)
    : writer_(writer), readers_(std::move(readers)), gather_(std::move(gather)) {
  threads_.emplace_back([this] { WriteAll(); });
  for (const auto& reader : readers_) threads_.emplace_back([this, &reader] { ReadAll(*reader); });
}

void StoreThreads::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    WakeIfFinished();
  }
  write_wake_->bell.RingAll();  // for what is gathered
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (!damage().ok()) writer_.NoCheckpointOnClose();
}

void StoreThreads::Write(WriteWork work, Done done) {
  bool released = false, stopping = false;
  {
    MutexLock lock(mutex_);
    released = Finished();
    stopping = stop_;
    if (!released) writes_.push_back({.number = ++calls_, .work = std::move(work), .done = std::move(done)});
  }
  if (released) return done(Released());  // NOLINT(bugprone-use-after-move): it was not moved then
  // Whoever stops us may be the one that would ring later.
  stopping ? write_wake_->bell.RingOne() : WakeWriter();
}

void StoreThreads::WakeWriter() {
  if (gather_ == nullptr) return write_wake_->bell.RingOne();
  if (write_wake_->gathering.exchange(true)) return;
  gather_([wake = write_wake_] {
    wake->gathering = false;  // before the ring: what is called after it gathers anew
    wake->bell.RingOne();
  });
}

void StoreThreads::Read(std::string key, ReadWork work, Done done) {
  bool released = false, ready = false;
  {
    MutexLock lock(mutex_);
    released = Finished();
    if (!released) reads_.push_back({.number = ++calls_, .key = std::move(key), .work = std::move(work), .done = std::move(done)});
    ready = CanRead();
  }
  if (released) return done(Released());  // NOLINT(bugprone-use-after-move): it was not moved then
  if (ready) read_bell_.RingOne();        // else EndGroup does
}

void StoreThreads::WriteAll() {
  for (std::vector<WriteJob> group = TakeGroup(); !group.empty(); group = TakeGroup()) {
    RunGroup(group);
    group.clear();  // what the jobs hold goes before anybody may think that they have ended
    EndGroup();
  }
}

void StoreThreads::ReadAll(Connection& reader) {
  for (std::vector<ReadJob> share = TakeShare(); !share.empty(); share = TakeShare()) {
    RunShare(reader, share);
    share.clear();
    EndShare();
  }
}

void StoreThreads::Sleep(const Bell& bell) {
  const int rings = bell.rings();  // under the lock: there was no work when it had rung that often
  mutex_.unlock();
  bell.Sleep(rings);
  mutex_.lock();
}

std::vector<StoreThreads::WriteJob> StoreThreads::TakeGroup() {
  MutexLock lock(mutex_);
  while (writes_.empty() && !Finished()) Sleep(write_wake_->bell);
  std::vector<WriteJob> group;
  while (!writes_.empty() && group.size() < kMaxWrites) {
    group.push_back(std::move(writes_.front()));
    writes_.pop_front();
  }
  if (group.empty()) return group;
  writing_ = group.front().number;
  ++busy_;
  return group;
}

std::vector<StoreThreads::ReadJob> StoreThreads::TakeShare() {
  MutexLock lock(mutex_);
  while (!CanRead() && !Finished()) Sleep(read_bell_);
  // Half of what falls to this reader, so that all end at about the same time.
  const std::size_t most = std::clamp(reads_.size() / (2 * readers_.size()), kMaxReads, kMaxShare);
  std::vector<ReadJob> share;
  while (CanRead() && share.size() < most) {
    share.push_back(std::move(reads_.front()));
    reads_.pop_front();
  }
  if (!share.empty()) ++busy_;
  return share;
}

void StoreThreads::EndGroup() {
  MutexLock lock(mutex_);
  writing_ = kNone;
  --busy_;
  if (CanRead()) read_bell_.RingAll();
  WakeIfFinished();
}

void StoreThreads::EndShare() {
  MutexLock lock(mutex_);
  --busy_;
  WakeIfFinished();
}

void StoreThreads::WakeIfFinished() {
  if (!Finished()) return;
  write_wake_->bell.RingAll();
  read_bell_.RingAll();
}

void StoreThreads::RunGroup(std::span<WriteJob> jobs) {
  absl::Status status = damage();
  if (status.ok()) {
    status = Note(writer_.Write([jobs] {
      for (WriteJob& job : jobs) {
        absl::Status written = job.work();
        if (!written.ok()) return written;
      }
      return absl::OkStatus();
    }));
  }
  // A disk that fails and a file that is damaged or busy are nobody's fault in particular: halving would only ask for the same error again.
  const bool shared = status.ok() || absl::IsDataLoss(status) || absl::IsUnavailable(status);
  if (!shared && jobs.size() > 1) {
    RunGroup(jobs.first(jobs.size() / 2));
    RunGroup(jobs.subspan(jobs.size() / 2));
    return;
  }
  for (WriteJob& job : jobs) job.done(status);
}

void StoreThreads::RunShare(Connection& reader, std::span<ReadJob> jobs) {
  std::sort(jobs.begin(), jobs.end(), [](const ReadJob& a, const ReadJob& b) { return a.key < b.key; });
  for (; jobs.size() > kMaxReads; jobs = jobs.subspan(kMaxReads)) RunReads(reader, jobs.first(kMaxReads));
  RunReads(reader, jobs);
}

// A read that fails may have ended the snapshot: those after it get another.
void StoreThreads::RunReads(Connection& reader, std::span<ReadJob> jobs) {
  while (!jobs.empty()) {
    std::vector<absl::Status> results;
    const absl::Status status = reader.Read([&] {
      for (ReadJob& job : jobs) {
        results.push_back(Note(job.work(reader, job.key)));
        if (!results.back().ok()) return results.back();
      }
      return absl::OkStatus();
    });
    if (results.empty()) results.assign(jobs.size(), status);  // no snapshot
    const bool unsure = !status.ok() && results.back().ok();   // it could not be ended
    for (std::size_t i = 0; i < results.size(); ++i) {
      jobs[i].done(unsure ? status : results[i]);
      // Where threads outnumber cores this one is stopped now and then: rather here than in `done`, under its owner's locks.
      std::this_thread::yield();
    }
    jobs = jobs.subspan(results.size());
  }
}

absl::Status StoreThreads::Note(absl::Status status) {
  if (!absl::IsDataLoss(status)) return status;
  MutexLock lock(mutex_);
  if (damage_.ok()) damage_ = status;
  return status;
}

absl::Status StoreThreads::damage() const {
  MutexLock lock(mutex_);
  return damage_;
}

}  // namespace mailwake
