// SPDX-License-Identifier: Apache-2.0
//
// FrontState: what a front end must remember of a device across restarts (ActiveSync: SyncKeys, policy key, the hanging sync's last
// request). One opaque value for each (front, mailbox, device); the front end writes it whole.
//
// Threads:    from any thread; callbacks on any thread, also before the call returns, exactly once.
// Invariants: saves of one device take effect in the order of the calls.

#ifndef MAILWAKE_ADAPTERS_FRONT_STATE_H_
#define MAILWAKE_ADAPTERS_FRONT_STATE_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <memory>
#include <string>

namespace mailwake {

struct FrontStateKey {
  std::string front = {};  // "activesync"
  std::string mailbox = {};
  std::string device = {};
  friend auto operator<=>(const FrontStateKey&, const FrontStateKey&) = default;
};

class FrontState {
 public:
  using LoadCallback = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;
  using DoneCallback = absl::AnyInvocable<void(absl::Status)>;

  virtual ~FrontState() = default;

  // The empty string if nothing was saved.
  virtual void Load(FrontStateKey key, LoadCallback done) = 0;
  // Durable when `done` says OK. An empty value removes.
  virtual void Save(FrontStateKey key, std::string value, DoneCallback done) = 0;
};

// In memory only: for tests, and for hosts whose devices may start over after a restart.
std::unique_ptr<FrontState> NewMemoryFrontState();

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_FRONT_STATE_H_
