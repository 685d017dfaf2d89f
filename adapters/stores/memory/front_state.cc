// SPDX-License-Identifier: Apache-2.0
//
// The front ends' state in memory: one map under one lock.

#include "mailwake/adapters/front_state.h"

#include <map>
#include <utility>

#include "mailwake/mutex.h"

namespace mailwake {
namespace {

class MemoryFrontState : public FrontState {
 public:
  void Load(FrontStateKey key, LoadCallback done) override { done(Get(key)); }

  void Save(FrontStateKey key, std::string value, DoneCallback done) override {
    Set(std::move(key), std::move(value));
    done(absl::OkStatus());
  }

 private:
  std::string Get(const FrontStateKey& key) {
    MutexLock lock(mutex_);
    auto it = values_.find(key);
    return it == values_.end() ? std::string() : it->second;
  }

  void Set(FrontStateKey key, std::string value) {
    MutexLock lock(mutex_);
    if (value.empty()) {
      values_.erase(key);
    } else {
      values_.insert_or_assign(std::move(key), std::move(value));
    }
  }

  Mutex mutex_;
  std::map<FrontStateKey, std::string> values_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<FrontState> NewMemoryFrontState() { return std::make_unique<MemoryFrontState>(); }

}  // namespace mailwake
