// SPDX-License-Identifier: Apache-2.0
//
// AccountWatch: ends what waits under an account once its password was changed or it was removed, and what a device holds once that was
// blocked, by whichever process: `mailwake user` and `mailwake device` write beside the server, and the store is what both see.
//
// Threads:    create and destroy where the main loop does not run, or on it; asks and ends on the main loop.
// Cost:       one look at an index of the accounts a second.
// Invariants: (1) after the destructor neither the loop nor the engine is touched, whatever the store still answers;
//             (2) the authenticator and the list of blocked devices hear of a change before what waits is ended: who comes back meets it;
//             (3) after Begin the list is what the store has.

#ifndef MAILWAKE_SERVER_ACCOUNT_WATCH_H_
#define MAILWAKE_SERVER_ACCOUNT_WATCH_H_

#include <absl/status/status.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "adapters/server/block_list.h"
#include "mailwake/adapters/account_store.h"
#include "mailwake/adapters/authenticator.h"
#include "mailwake/engine.h"

namespace mailwake::server {

class AccountWatch {
 public:
  // All must outlive the watch.
  AccountWatch(boost::asio::io_context& main, AccountStore& accounts, Authenticator& authenticator, Engine& engine, BlockList& blocked);
  ~AccountWatch();
  AccountWatch(const AccountWatch&) = delete;
  AccountWatch& operator=(const AccountWatch&) = delete;

  // Changes count from here on. Waits for the store, once. Errors: Unavailable (nobody knows who is blocked: do not serve).
  absl::Status Begin();

 private:
  class State;

  const std::shared_ptr<State> state_;  // shared with the question that the store has not answered yet
};

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_ACCOUNT_WATCH_H_
