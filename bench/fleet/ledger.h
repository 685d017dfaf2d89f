// SPDX-License-Identifier: Apache-2.0
//
// Ledger: who must be told of what, and who was. It sees only what the fleet itself sent and read, and believes nothing that the server
// says of itself. docs/guides/measuring.md has the definitions.
//
// The unit is a notice: one folder of one device, from the first change by others that the device has not been told of, to the Ping answer
// that names the folder. Changes that come meanwhile join it. A notice that a Sync overtook needs no wake.
//
// Threads:    every call from any thread; one lock.
// Cost:       O(devices of the mailbox) a change; O(open changes of the folder) for the rest.
// Invariants: (1) wakes_expected == wakes + missed once Finish was called, each counted on its own;
//             (2) a change counts as synced only if it had surely taken effect before the Sync was written, and as unsynced only if it was
//                 written after the Sync was answered; between the two nobody outside the server can tell: such notices are `undecided`.
// Example:    Receipt r = ledger.Sent(mailbox, "inbox", std::nullopt, Now()); ... ledger.Acknowledged(r, Now());

#ifndef MAILWAKE_BENCH_FLEET_LEDGER_H_
#define MAILWAKE_BENCH_FLEET_LEDGER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fleet/device.h"
#include "bench/fleet/histogram.h"
#include "bench/fleet/instant.h"
#include "bench/fleet/mailboxes.h"
#include "mailwake/mutex.h"

namespace mailwake::fleet {

struct Totals {
  std::uint64_t changes = 0;         // acknowledged
  std::uint64_t own_changes = 0;     // of these, with a device as origin
  std::uint64_t wakes_expected = 0;  // notices that only a wake could end
  std::uint64_t wakes = 0;           // notices that a Ping answer ended
  std::uint64_t missed = 0;          // notices that nothing ended, and those whose Ping expired all the same
  std::uint64_t foreign = 0;         // namings of a folder in which nothing by others had happened
  std::uint64_t covered = 0;         // notices that a Sync overtook
  std::uint64_t undecided = 0;       // notices that a Sync may have overtaken
  std::uint64_t repeated = 0;        // namings of a folder that the device knew to be behind, or that a crash made it sync again
  std::uint64_t late = 0;            // of `wakes`: those that took longer than `late_after`
  std::uint64_t answers = 0;         // Ping answers with news
};

class Ledger : public DeviceEvents {
 public:
  struct Receipt {
    std::uint64_t change = 0;
    MailboxIndex mailbox = 0;
    std::string_view folder;  // one of kFolders
    Instant sent;
    std::optional<std::uint32_t> origin;
  };

  Ledger(std::uint32_t mailboxes, std::uint32_t devices_per_mailbox, Span late_after);

  // ---- changes: `now` is before the request's first byte is written, and after the acknowledgement's last one was read -----------------
  Receipt Sent(MailboxIndex mailbox, std::string_view folder, std::optional<std::uint32_t> origin, Instant now);
  void Acknowledged(const Receipt& receipt, Instant now);
  // The same once more, since no answer came: it may take effect a second time.
  void SentAgain(const Receipt& receipt, Instant now);

  // ---- devices -------------------------------------------------------------------------------------------------------------------------
  void Watching(DeviceIndex device, std::span<const std::string> folders) override;
  void Woken(DeviceIndex device, std::span<const std::string> folders, Instant answered) override;
  void Synced(DeviceIndex device, std::string_view folder, Instant asked, Instant answered) override;
  void Expired(DeviceIndex device, Instant asked, Instant answered) override;
  void Closed(DeviceIndex device, Instant now) override;

  // ---- looking in ----------------------------------------------------------------------------------------------------------------------
  // Notices that are due and have not come.
  std::size_t Owed() const;
  // Ends the count: what is owed is missed.
  void Finish();
  Totals totals() const;
  Histogram latency() const;
  Histogram acknowledgement() const;  // from sent to acknowledged
  // The first few missed and foreign ones, in words.
  std::vector<std::string> complaints() const;

 private:
  struct Entry {  // a change by others that the device is not known to have synced
    std::uint64_t change = 0;
    Instant sent;
    Instant acknowledged = kNever;
    Instant effective = kNever;  // it had surely taken effect by then: acknowledged, or the only one that a wake can have been about
    bool told = false;
    bool unsure = false;  // a Sync ran while it was published
    bool again = false;   // sent more than once: which of the tries woke, nobody outside can tell
  };
  struct Watch {
    std::string folder;
    std::vector<Entry> open = {};
    std::optional<Instant> synced = std::nullopt;  // the last Sync, answered
    bool excused = false;  // a server that crashed right after it may not have kept it: one wake more is not foreign
  };
  using Watches = std::vector<Watch>;

  Watch* Find(DeviceIndex device, std::string_view folder) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WokenFor(DeviceIndex device, std::string_view folder, Instant answered) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Dissolve(const Watch& watch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Complain(const char* what, DeviceIndex device, std::string_view folder) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static bool Untold(const Watch& watch);
  static bool Due(const Entry& entry);

  const std::uint32_t per_mailbox_;
  const Span late_after_;
  mutable Mutex mutex_;
  std::vector<Watches> watches_ ABSL_GUARDED_BY(mutex_);  // by device
  std::uint64_t next_change_ ABSL_GUARDED_BY(mutex_) = 1;
  Totals totals_ ABSL_GUARDED_BY(mutex_);
  Histogram latency_ ABSL_GUARDED_BY(mutex_);
  Histogram acknowledgement_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> complaints_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_LEDGER_H_
