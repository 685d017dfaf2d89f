// SPDX-License-Identifier: Apache-2.0
//
// Crowd: who watches which folder of a mailbox in which very many PINGs wait, so that a change looks at those who watch its folder and not
// at everybody. A mailbox with few PINGs has none: there a look at each is quicker.
//
// A PING that ends is not taken out: its entry is found to be stale, by the watch's generation, when a change comes upon it, and swept out
// when there may be as many stale entries as others.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Add O(folders of the PING), amortized; ForEach O(entries of the folder). 8 to 16 bytes a PING and folder; where PINGs move
//             from folder to folder, up to twice the most that waited in each.
// Invariants: every live watch in the mailbox's `watchers` has one entry in each of its folders.
// Example:    crowd.Add(slot, generation, folders, waiting, live); crowd.ForEach(folder, live, [](Slot slot) { ... });

#ifndef MAILWAKE_SRC_CROWD_H_
#define MAILWAKE_SRC_CROWD_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/src/folder_set.h"
#include "engine/src/slot_list.h"

namespace mailwake {

class Crowd {
 public:
  // A mailbox gets a crowd when more PINGs than kMany wait in it, and loses it when fewer than kFew do.
  static constexpr std::size_t kMany = 64;
  static constexpr std::size_t kFew = 16;

  struct Entry {
    Slot slot;
    std::uint32_t generation;
  };

  // `waiting`: how many PINGs wait in the mailbox; `live(entry)`: whether that one still does.
  template <typename Live>
  void Add(Slot slot, std::uint32_t generation, const FolderSet& folders, std::size_t waiting, Live live) {
    folders.ForEach([&](FolderNumber folder) {
      if (by_folder_.size() <= folder) by_folder_.resize(folder + 1);
      std::vector<Entry>& entries = by_folder_[folder];
      if (entries.size() > 2 * waiting) std::erase_if(entries, [&](const Entry& entry) { return !live(entry); });
      entries.push_back({slot, generation});
    });
  }

  // Those who watch the folder. `visit` must not change the crowd.
  template <typename Live, typename Visit>
  void ForEach(FolderNumber folder, Live live, Visit visit) {
    if (folder >= by_folder_.size()) return;
    std::vector<Entry>& entries = by_folder_[folder];
    for (std::size_t i = 0; i < entries.size();) {
      if (live(entries[i])) {
        visit(entries[i++].slot);
      } else {
        entries[i] = entries.back();
        entries.pop_back();
      }
    }
  }

  template <typename Live>
  std::size_t Count(FolderNumber folder, Live live) const {
    if (folder >= by_folder_.size()) return 0;
    return static_cast<std::size_t>(std::ranges::count_if(by_folder_[folder], live));
  }

 private:
  std::vector<std::vector<Entry>> by_folder_;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_CROWD_H_
