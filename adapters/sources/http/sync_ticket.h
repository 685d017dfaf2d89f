// SPDX-License-Identifier: Apache-2.0
//
// A SyncTicket as a word that a host keeps while it serves a sync: the version, sealed with a key that follows from the bearer token.
//
// Threads:    const calls from any thread.
// Invariants: (1) a word opens only for the mailbox and device that it was made for; (2) it survives restarts as long as the token stays.
// Example:    TicketSeal seal(token); std::string word = seal.Close(engine.BeginSync(mailbox, device)); seal.Open(word, mailbox, device);

#ifndef MAILWAKE_SOURCES_HTTP_SYNC_TICKET_H_
#define MAILWAKE_SOURCES_HTTP_SYNC_TICKET_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "mailwake/engine.h"

namespace mailwake::http_source {

class TicketSeal {
 public:
  explicit TicketSeal(std::string_view token);

  std::string Close(const SyncTicket& ticket) const;
  // nullopt: not a word of this seal, or one of another mailbox or device.
  std::optional<SyncTicket> Open(std::string_view word, std::string_view mailbox, std::string_view device) const;

 private:
  std::string Mac(const SyncTicket& ticket) const;

  std::array<unsigned char, 32> key_{};
};

}  // namespace mailwake::http_source

#endif  // MAILWAKE_SOURCES_HTTP_SYNC_TICKET_H_
