// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/account_watch.h"

#include <absl/strings/str_cat.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/server/log.h"
#include "mailwake/mutex.h"

namespace mailwake::server {
namespace {

constexpr std::chrono::seconds kPeriod{1};

}  // namespace

class AccountWatch::State : public std::enable_shared_from_this<State> {
 public:
  State(boost::asio::io_context& main, AccountStore& accounts, Authenticator& authenticator, Engine& engine, BlockList& blocked)
      : main_(main), accounts_(accounts), authenticator_(authenticator), engine_(engine), blocked_(blocked), timer_(std::in_place, main) {}

  absl::Status Begin() {
    std::promise<absl::StatusOr<AccountChanges>> first;
    accounts_.Changes(std::nullopt, [&](absl::StatusOr<AccountChanges> changes) { first.set_value(std::move(changes)); });
    const absl::StatusOr<AccountChanges> changes = first.get_future().get();
    if (!changes.ok())
      return absl::Status(changes.status().code(), absl::StrCat(changes.status().message(), " (nobody would know who is blocked)"));
    End(changes);
    return absl::OkStatus();
  }

  void Ask() {
    accounts_.Changes(number_, [self = shared_from_this()](absl::StatusOr<AccountChanges> changes) { self->Take(std::move(changes)); });
  }

  void Stop() {
    MutexLock lock(mutex_);
    stopped_ = true;
    timer_.reset();
  }

 private:
  // On a thread of the store.
  void Take(absl::StatusOr<AccountChanges> changes) {
    MutexLock lock(mutex_);
    if (stopped_) return;
    boost::asio::post(main_, [weak = weak_from_this(), changes = std::move(changes)] {
      const auto self = weak.lock();
      if (self != nullptr) self->End(changes);
    });
  }

  void End(const absl::StatusOr<AccountChanges>& changes) {
    if (!timer_.has_value()) return;
    if (changes.ok()) {  // else: asked again with the number that it has
      for (const std::string& user : changes->users) EndUser(user);
      if (number_ != changes->number) Block(changes->blocked);
      number_ = changes->number;
    }
    timer_->expires_after(kPeriod);
    timer_->async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self != nullptr && !error) self->Ask();
    });
  }

  void EndUser(const std::string& user) {
    authenticator_.Forget(user);
    const std::size_t ended = engine_.EndMailbox(user);
    if (ended > 0) LogInfo(absl::StrCat("the password of ", user, " changed, or there is no such user now: ended ", ended, " PINGs"));
  }

  void Block(const std::vector<BlockedDevice>& all) {
    for (const BlockedDevice& fresh : blocked_.Set(all)) {
      const std::size_t ended = engine_.EndDevice(fresh.user, fresh.device);
      if (number_) LogInfo(absl::StrCat("the device ", fresh.device, " of ", fresh.user, " is blocked: ended ", ended, " PINGs"));
    }
  }

  boost::asio::io_context& main_;
  AccountStore& accounts_;
  Authenticator& authenticator_;
  Engine& engine_;
  BlockList& blocked_;
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the main loop.
  std::optional<boost::asio::steady_timer> timer_;
  std::optional<std::uint64_t> number_;
};

AccountWatch::AccountWatch(boost::asio::io_context& main, AccountStore& accounts, Authenticator& authenticator, Engine& engine,
                           BlockList& blocked)
    : state_(std::make_shared<State>(main, accounts, authenticator, engine, blocked)) {}

absl::Status AccountWatch::Begin() { return state_->Begin(); }

AccountWatch::~AccountWatch() { state_->Stop(); }

}  // namespace mailwake::server
