// SPDX-License-Identifier: Apache-2.0
//
// A durable store in one SQLite file (WAL, synchronous FULL): mailboxes, accounts and the front ends' state.
//
// Threads:    all calls from any thread. One thread writes: it commits everything that waits in one transaction (group commit). Others
//             read. Callbacks run on them; those of two reads may run at once.
// Cost:       a commit alone: one fsync. Commits that come while one is on its way share the next. A load: about 20 us.
// Errors:     Open: FailedPrecondition (another mailwake owns the file, or a newer mailwake wrote it), DataLoss (damaged: nothing is
//             written), NotFound/PermissionDenied (path). Later: ResourceExhausted (disk full), DataLoss, Unavailable.
// Example:    auto store = OpenSqliteStore("mailwake.db").value(); Engine::Create({}, *store);

#ifndef MAILWAKE_ADAPTERS_SQLITE_STORE_H_
#define MAILWAKE_ADAPTERS_SQLITE_STORE_H_

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "mailwake/adapters/account_store.h"
#include "mailwake/adapters/front_state.h"
#include "mailwake/store.h"

namespace mailwake {

class SqliteStore : public Store {
 public:
  virtual AccountStore& accounts() = 0;
  virtual FrontState& front_state() = 0;
  // Finishes what was called and gives up the ownership: another process may open the file as its owner while this object is still there.
  // Calls that come later fail with Unavailable. Blocks; not from a callback.
  virtual void Release() = 0;
  // For another process, which passes it to OpenSqliteStore as `lock`: a copy of the descriptor that has the ownership, which lasts as long
  // as one copy is open. -1: this store has none. The caller owns it.
  virtual int ShareLock() const = 0;
};

struct SqliteOptions {
  // Runs `wake`, once, from any thread, soon.
  using Gather = std::function<void(absl::AnyInvocable<void()> wake)>;

  // True: this store serves an engine and takes the ownership lock (PATH.lock), which one process at a time can have. False: beside a
  // running server, for accounts and for reading; no versions are reserved, and Commit is refused.
  bool own = true;
  // That ShareLock of another process gave: this store has the ownership with it, and owns it. The pages are not looked at, as a large file
  // takes long: CheckSqliteStore does that before.
  int lock = -1;
  std::size_t readers = 0;  // threads that read; 0: one a core, at most 4; beside a running server 1
  // When the thread that writes is woken: what is called until `wake` runs shares a group. An event loop's post lets it do what it has at
  // hand first. Empty: at once.
  Gather gather = nullptr;
};

absl::StatusOr<std::unique_ptr<SqliteStore>> OpenSqliteStore(const std::string& path, const SqliteOptions& options = {});

// Reads the whole file, beside its owner, and writes nothing. OK too, if nothing is there yet. Errors: those that Open finds in the file.
absl::Status CheckSqliteStore(const std::string& path);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_SQLITE_STORE_H_
