// SPDX-License-Identifier: Apache-2.0
//
// History: what happened, as plain records, so that a broken promise can be told as a story: only what concerns its mailbox and device.
//
// Threads:    one thread.
// Cost:       one store into a ring a record; text is made only when somebody asks.
// Invariants: holds the last kMost records.
// Example:    history.Add(now, What::kPublish, mailbox, kNone, folder, version); history.Tell(mailbox, device, 40, std::cerr);

#ifndef MAILWAKE_TESTS_SIM_HISTORY_H_
#define MAILWAKE_TESTS_SIM_HISTORY_H_

#include <cstdint>
#include <ostream>
#include <vector>

#include "mailwake/types.h"

namespace mailwake::sim {

enum class What : std::uint8_t {
  kOpen,
  kKill,
  kPowerLoss,
  kClose,
  kDrain,
  kClockJump,
  kStoreFails,
  kStoreWell,
  kPublish,
  kPublished,
  kPublishFailed,
  kDeclare,
  kDeclared,
  kSuspect,
  kSyncBegins,
  kSyncEnds,
  kCursorReset,
  kFolderSyncEnds,
  kDelivered,
  kHold,
  kEnd,
  kCancel,
  kAnswerLost,
  kDeviceHas,
  kVanish,
  kLoad,
  kEndDevice,
  kShed,
  kCalm,
  kAnswered,
};

inline constexpr int kNone = -1;

struct Record {
  Time time;
  What what;
  std::uint8_t detail = 0;  // of kEnd: the reason
  std::int16_t mailbox = kNone;
  std::int16_t device = kNone;
  std::int16_t folder = kNone;
  std::uint64_t a = 0;  // sequence number or count
  std::uint64_t b = 0;
};

class History {
 public:
  static constexpr std::size_t kMost = 1 << 14;

  void Add(const Record& record) {
    for (const std::uint64_t part : {static_cast<std::uint64_t>(record.time.time_since_epoch().count()),
                                     static_cast<std::uint64_t>(record.what) << 8 | record.detail, record.a, record.b}) {
      fingerprint_ = (fingerprint_ ^ part) * 0x100000001B3u;
    }
    if (records_.size() < kMost) {
      records_.push_back(record);
    } else {
      records_[next_++ % kMost] = record;
    }
  }
  // The last `most` records of the mailbox and the device (kNone: of all), oldest first, one a line; answers how many there are.
  std::size_t Tell(int mailbox, int device, std::size_t most, Time from, std::ostream& out) const;
  // Of all that ever happened: equal histories have equal ones.
  std::uint64_t fingerprint() const { return fingerprint_; }

 private:
  std::uint64_t fingerprint_ = 0xCBF29CE484222325u;
  std::vector<Record> records_;
  std::size_t next_ = 0;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_HISTORY_H_
