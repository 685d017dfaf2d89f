// SPDX-License-Identifier: Apache-2.0
//
// Traffic: what happens in the mailboxes, and when. Two kinds: a model of real mail, and a trace of it.
//
// Threads:    none; the publisher owns it.
// Invariants: times never go back; the same seed gives the same traffic.
// Example:    auto traffic = NewModelTraffic({.rate = 50, .mailboxes = 1000}); while (auto burst = traffic->Next()) Publish(*burst);

#ifndef MAILWAKE_BENCH_FLEET_TRAFFIC_H_
#define MAILWAKE_BENCH_FLEET_TRAFFIC_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/fleet/mailboxes.h"
#include "mailwake/types.h"

namespace mailwake::fleet {

struct TrafficChange {
  MailboxIndex mailbox = 0;
  FolderSlot folder = kInbox;
  ChangeKind kind = ChangeKind::kAdded;
  std::optional<std::uint32_t> origin = std::nullopt;  // the mailbox's device that made it
};

// What happens at one moment: a message to all its recipients, or one other change.
struct Burst {
  std::chrono::microseconds at{0};  // since the start
  std::vector<TrafficChange> changes;
};

class Traffic {
 public:
  virtual ~Traffic() = default;
  // nullopt: there is no more, or what comes cannot be read: see error().
  virtual std::optional<Burst> Next() = 0;
  virtual absl::Status error() const { return absl::OkStatus(); }
};

struct ModelConfig {
  double rate = 50;  // changes a second, all mailboxes together
  std::uint32_t mailboxes = 1;
  std::uint32_t devices_per_mailbox = 1;
  std::uint64_t seed = 1;
};

// Endless. Mail as two archives of real mail have it: sparse in a mailbox, bursty across mailboxes, since half of all deliveries belong to
// messages with several recipients, up to 58 at once. Besides: what devices do themselves, calendar, contacts, tasks.
std::unique_ptr<Traffic> NewModelTraffic(const ModelConfig& config);

struct TraceConfig {
  std::string file;       // columns: seconds, recipient, sender, message; tab or space between; plain or gzip
  double speed = 1;       // times faster than it happened
  std::int64_t from = 0;  // leave out what happened before this second
  std::uint32_t mailboxes = 1;
};

// Each recipient is one mailbox, in the order in which they appear; more recipients than mailboxes share. A repeated (message, recipient)
// is dropped. A damaged line ends the trace: error() says which. Errors: NotFound.
absl::StatusOr<std::unique_ptr<Traffic>> OpenTraceTraffic(const TraceConfig& config);

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_TRAFFIC_H_
