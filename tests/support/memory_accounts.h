// SPDX-License-Identifier: Apache-2.0
//
// MemoryAccounts: an AccountStore in memory, for tests.
//
// Threads:    from any thread; callbacks run inside the call, outside the lock.
// Example:    MemoryAccounts accounts({{.user = "ann@example.org", .password = "{PLAIN-KEYED}..."}});

#ifndef MAILWAKE_TESTS_SUPPORT_MEMORY_ACCOUNTS_H_
#define MAILWAKE_TESTS_SUPPORT_MEMORY_ACCOUNTS_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailwake/adapters/account_store.h"
#include "mailwake/mutex.h"

namespace mailwake {

class MemoryAccounts : public AccountStore {
 public:
  MemoryAccounts() = default;
  explicit MemoryAccounts(std::vector<AccountRecord> accounts) { Keep(std::move(accounts)); }

  void Find(std::string user, FindCallback done) override {
    finds_.fetch_add(1);
    done(Get(user));
  }

  void Put(std::vector<AccountRecord> accounts, DoneCallback done) override {
    Keep(std::move(accounts));
    done(absl::OkStatus());
  }

  void Remember(std::string user, std::string password, std::string verified, DoneCallback done) override {
    {
      MutexLock lock(mutex_);
      auto it = accounts_.find(user);
      if (it != accounts_.end() && it->second.password == password) it->second.verified = std::move(verified);
    }
    done(absl::OkStatus());
  }

  void Changes(std::optional<std::uint64_t> since, ChangesCallback done) override {
    AccountChanges changes;
    absl::Status fault;
    {
      MutexLock lock(mutex_);
      fault = changes_fault_;
      if (tells_) changes.number = number_;
      for (const auto& [user, number] : changed_) {
        if (tells_ && since && number > *since) changes.users.push_back(user);
      }
    }
    if (!fault.ok()) return done(fault);
    done(std::move(changes));
  }
  // From now on Changes says who has changed; before, that it cannot tell.
  void TellChanges() {
    MutexLock lock(mutex_);
    tells_ = true;
  }
  void FailChanges(absl::Status fault) {
    MutexLock lock(mutex_);
    changes_fault_ = std::move(fault);
  }
  int finds() const { return finds_.load(); }

  // What is stored, without a callback.
  std::optional<AccountRecord> Get(const std::string& user) const {
    MutexLock lock(mutex_);
    auto it = accounts_.find(user);
    if (it == accounts_.end()) return std::nullopt;
    return it->second;
  }

 private:
  void Keep(std::vector<AccountRecord> accounts) {
    MutexLock lock(mutex_);
    ++number_;
    for (AccountRecord& account : accounts) {
      std::string user = account.user;
      changed_[user] = number_;
      accounts_.insert_or_assign(std::move(user), std::move(account));
    }
  }

  std::atomic<int> finds_{0};
  mutable Mutex mutex_;
  bool tells_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status changes_fault_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t number_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<std::string, std::uint64_t> changed_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, AccountRecord> accounts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_SUPPORT_MEMORY_ACCOUNTS_H_
