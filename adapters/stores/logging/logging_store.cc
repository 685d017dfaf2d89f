// SPDX-License-Identifier: Apache-2.0
//
// The smallest whole Store: it passes every call on and says one line about it when the answer comes. Copy this file to begin a store of
// your own; docs/guides/writing-a-store.md walks through it.

#include "mailwake/adapters/logging_store.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <utility>

namespace mailwake {
namespace {

using LogFunction = std::function<void(std::string_view)>;

class LoggingStore : public Store {
 public:
  LoggingStore(Store& wrapped, LogFunction log) : wrapped_(wrapped), log_(std::make_shared<const LogFunction>(std::move(log))) {}

  OpenState opened() const override { return wrapped_.opened(); }

  void Load(std::string mailbox, LoadCallback done) override {
    // Ids come from outside and may hold any byte: escaped, they cannot forge a line of the log.
    std::string call = absl::StrCat("load ", absl::CEscape(mailbox));
    wrapped_.Load(std::move(mailbox),
                  [log = log_, call = std::move(call), done = std::move(done)](absl::StatusOr<MailboxRecord> record) mutable {
                    (*log)(record.ok() ? absl::StrCat(call, ": ", record->folders.size(), " folders, ", record->devices.size(), " devices")
                                       : absl::StrCat(call, ": ", record.status().ToString()));
                    done(std::move(record));
                  });
  }

  void Commit(const WriteBatch& batch, DoneCallback done) override {
    std::string call = absl::StrCat("commit ", batch.mailboxes.size(), " mailboxes");
    if (batch.ceiling != 0) absl::StrAppend(&call, ", ceiling ", batch.ceiling);
    if (batch.suspect != 0) absl::StrAppend(&call, ", suspect ", batch.suspect);
    wrapped_.Commit(batch, [log = log_, call = std::move(call), done = std::move(done)](absl::Status status) mutable {
      (*log)(absl::StrCat(call, ": ", status.ToString()));
      done(std::move(status));
    });
  }

  void AgeOut(Time before, AgeOutCallback done) override {
    std::string call = absl::StrCat("age out before ", before.time_since_epoch().count(), " ms");
    wrapped_.AgeOut(before, [log = log_, call = std::move(call), done = std::move(done)](absl::StatusOr<std::size_t> forgotten) mutable {
      (*log)(forgotten.ok() ? absl::StrCat(call, ": ", *forgotten, " devices") : absl::StrCat(call, ": ", forgotten.status().ToString()));
      done(std::move(forgotten));
    });
  }

 private:
  Store& wrapped_;
  // Shared with the callbacks under way, never `this`: the wrapped store may answer after this one is gone.
  const std::shared_ptr<const LogFunction> log_;
};

}  // namespace

std::unique_ptr<Store> NewLoggingStore(Store& wrapped, LogFunction log) { return std::make_unique<LoggingStore>(wrapped, std::move(log)); }

}  // namespace mailwake
