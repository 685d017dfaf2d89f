// SPDX-License-Identifier: Apache-2.0
//
// Join: one callback for several parts. Runs it after the last part, with the first error if there was one.
//
// Threads:    parts may finish on any threads.
// Example:    auto join = std::make_shared<Join>(std::move(done)); Call(join->Part(join)); Call(join->Part(join)); join->Seal();

#ifndef MAILWAKE_SRC_JOIN_H_
#define MAILWAKE_SRC_JOIN_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "mailwake/mutex.h"

namespace mailwake {

class Join {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  explicit Join(Done done) : done_(std::move(done)) {}

  // A callback that one more part must run.
  static Done Part(const std::shared_ptr<Join>& join) {
    MutexLock lock(join->mutex_);
    ++join->open_;
    return [join](absl::Status status) { join->Finish(std::move(status)); };
  }
  // No part is added after this.
  void Seal() { Finish(absl::OkStatus()); }

 private:
  void Finish(absl::Status status) {
    {
      MutexLock lock(mutex_);
      if (first_error_.ok()) first_error_ = std::move(status);
      if (--open_ > 0) return;
    }
    if (done_) done_(first_error_);
  }

  Mutex mutex_;
  std::size_t open_ ABSL_GUARDED_BY(mutex_) = 1;  // until Seal
  absl::Status first_error_;                      // guarded by mutex_ until open_ is 0
  Done done_;                                     // used by the last to finish only
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_JOIN_H_
