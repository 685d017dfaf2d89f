// SPDX-License-Identifier: Apache-2.0
//
// CheckPool: slow checks on threads of their own, each asked for once however many wait for its outcome.
//
// Threads:    Check and Stop from any thread; callbacks run on the pool's threads, or on that of Stop.
// Invariants: (1) each callback runs exactly once; (2) the queue is bounded, and one user, or one network, has only a small part of it;
//             (3) checks with the same token run once.
// Example:    pool.Check({token, user, [=] { return Slow(); }}, [](CheckPool::Outcome outcome) { ... });

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_CHECK_POOL_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_CHECK_POOL_H_

#include <absl/container/flat_hash_map.h>
#include <absl/functional/any_invocable.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "mailwake/mutex.h"

namespace mailwake::internal {

class CheckPool {
 public:
  enum class Outcome : std::uint8_t { kRight, kWrong, kBusy };
  using Callback = absl::AnyInvocable<void(Outcome)>;

  struct Request {
    std::string token;  // what is checked: the same token, the same outcome
    std::string user;
    std::string network;  // empty: not counted
    absl::AnyInvocable<bool()> check;
  };

  // `waiting`: checks that may wait, apart from those that run.
  CheckPool(std::size_t threads, std::size_t waiting);
  ~CheckPool();

  // kBusy at once if too many wait.
  void Check(Request request, Callback done);
  // Those that wait end kBusy; returns once nothing runs. REQUIRES: not called by a callback.
  void Stop();

 private:
  struct Flight {
    std::string user;
    std::string network;
    absl::AnyInvocable<bool()> check;
    std::vector<Callback> waiting;
  };

  bool Join(Request& request, Callback& done);
  void Work();
  std::vector<Callback> Land(const std::string& token);

  const std::size_t most_waiting_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<std::string, Flight> flights_ ABSL_GUARDED_BY(mutex_);  // by token, waiting or running
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);                     // tokens that wait
  absl::flat_hash_map<std::string, std::size_t> of_user_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::size_t> of_network_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_CHECK_POOL_H_
