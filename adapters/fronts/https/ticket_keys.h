// SPDX-License-Identifier: Apache-2.0
//
// TicketKeys: what session tickets are sealed with (RFC 5077, section 4; RFC 8446, section 4.6.1). The sessions themselves stand in tickets
// at the peers: after a restart a phone comes back with a short handshake.
//
// A key seals for 12 hours and opens for 24 more. Each is made from a seed, and the next seed from the one before; the file holds the
// oldest seed that is still needed and no older one, so that whoever steals it opens no ticket of more than a day and a half ago.
//
// Threads:    any.
// Cost:       Current and Find: a lock; twice a day a few hashes and a small file.
// Invariants: (1) processes that have the same file have the same keys; (2) a seed that no key needs any more is nowhere.
// Example:    auto keys = TicketKeys::Open("mailwake.db.tickets"); TicketKeys::Key key = (*keys)->Current(std::time(nullptr));

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_TICKET_KEYS_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_TICKET_KEYS_H_

#include <absl/status/statusor.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

#include "mailwake/mutex.h"

namespace mailwake::internal {

class TicketKeys {
 public:
  static constexpr std::time_t kPeriod = 12 * 3600;
  static constexpr std::size_t kKept = 3;  // periods: the present one and those whose tickets are still opened

  using Name = std::array<std::uint8_t, 16>;
  struct Key {
    Name name;
    std::array<std::uint8_t, 32> cipher;  // AES-256-CBC
    std::array<std::uint8_t, 32> mac;     // HMAC-SHA256
  };
  struct Found {
    Key key;
    bool old;  // a new ticket is due
  };

  // Reads the file, or makes it with mode 0600. An empty name: the keys live as long as this. `now` is in seconds since 1970.
  // Errors: PermissionDenied (others may read it, or we may not), DataLoss (not such a file), InvalidArgument (cannot be made).
  static absl::StatusOr<std::shared_ptr<TicketKeys>> Open(std::string file, std::time_t now);

  Key Current(std::time_t now);
  // nullopt: too old, or not ours.
  std::optional<Found> Find(const Name& name, std::time_t now);

 private:
  using Seed = std::array<std::uint8_t, 32>;
  struct State {
    std::int64_t period = 0;  // of the seed
    Seed seed{};
  };

  TicketKeys(std::string file, const State& oldest, std::time_t now);

  static absl::StatusOr<std::optional<State>> Read(const std::string& file);
  static absl::Status Write(const std::string& file, const State& state);
  static State Next(const State& state);
  static Key KeyOf(const State& state);
  // Forgets what is too old and makes the keys of now. A clock that went back changes nothing.
  void Advance(std::time_t now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeKeys() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string file_;
  Mutex mutex_;
  State oldest_ ABSL_GUARDED_BY(mutex_);
  std::array<Key, kKept> keys_ ABSL_GUARDED_BY(mutex_);  // the oldest first
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_TICKET_KEYS_H_
