// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/stakes.h"

namespace mailwake::sim {

const StakeInfo& Info(Stake stake) {
  static constexpr StakeInfo kInfo[kStakeCount] = {
      {1, "a change came between the sync and the PING"},
      {1, "a change came while the PING was held"},
      {1, "a change raced the end of the heartbeat"},
      {1, "a change came while a sync was served"},
      {1, "a device was behind when the server went down"},
      {1, "a change met a mailbox that was being read"},
      {1, "an answer was lost on its way"},
      {1, "a PING of a device that was behind ended in another way"},
      {1, "a PING acknowledged what the last wake named"},
      {1, "a call published changes of several mailboxes"},
      {2, "a device expired whose own change was the newest"},
      {2, "a wake named some of the watched folders and not all"},
      {2, "a change of a kind that wakes nobody was published"},
      {2, "a publisher reported a device's own change, outside of its syncs"},
      {3, "a newer PING took the place of an older one"},
      {3, "an end and a connection that went met"},
      {3, "a PING was drained, shed, revoked or failed"},
      {3, "a PING ended in a loop of its own"},
      {4, "a PING was refused for want of room"},
      {4, "a mailbox left memory and was read again"},
      {4, "PINGs, mailboxes and memory were counted against their limits"},
      {4, "changes alone had filled the memory that there may be"},
      {5, "a change was acknowledged by a slow disk, and looked up on it"},
      {5, "the server went down with writes on their way"},
      {5, "a change that was not acknowledged met a crash and was repeated"},
      {5, "a commit failed"},
      {5, "one call of the store failed among good ones"},
      {6, "a heartbeat ended on time"},
      {6, "an isolated change woke at once"},
      {6, "a clock jumped while PINGs were held"},
      {7, "a wake came at the end of a window"},
      {7, "a wake named several folders"},
      {7, "a change waited for a window"},
      {8, "an explanation was compared"},
      {8, "the explanation of a PING that ended was compared"},
      {8, "the version that ended a PING was compared"},
      {0, "a PING was paced"},
      {0, "a device was told again what it had been told often"},
      {0, "a device came after so long that it may have been forgotten"},
      {0, "a folder list change ended a PING"},
      {0, "a suspicion ended a PING"},
      {0, "a PING named a folder with another class, or one that is gone"},
      {0, "a device was compared with its mailbox after the faults"},
      {0, "two clients of one device id took each other's place again"},
      {0, "a publisher reported a change before it could be read (its own fault)"},
      {0, "such a change was missed by a device"},
  };
  return kInfo[static_cast<std::size_t>(stake)];
}

std::array<std::uint64_t, 9> Stakes::ByPromise() const {
  std::array<std::uint64_t, 9> sums{};
  for (std::size_t i = 0; i < kStakeCount; ++i) sums[static_cast<std::size_t>(Info(static_cast<Stake>(i)).promise)] += counts_[i];
  return sums;
}

}  // namespace mailwake::sim
