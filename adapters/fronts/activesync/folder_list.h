// SPDX-License-Identifier: Apache-2.0
//
// A mailbox's declared folders as a device is told of them, and what changed since it was told last.
//
// Invariants: (1) each of the types 2 to 11 (inbox, drafts, ..., notes, journal) stands for at most one folder, and there is an
//             inbox whenever there is an e-mail folder that could be it;
//             (2) a folder's parent is in the list, or "0", the root.

#ifndef MAILWAKE_FRONTS_ACTIVESYNC_FOLDER_LIST_H_
#define MAILWAKE_FRONTS_ACTIVESYNC_FOLDER_LIST_H_

#include <string>
#include <vector>

#include "adapters/fronts/activesync/device_state.h"
#include "mailwake/engine.h"

namespace mailwake::eas {

inline constexpr int kInboxType = 2;

// A mailbox without a declared list shows this folder alone, so that clients get through their set-up.
inline constexpr std::string_view kUndeclaredInbox = "inbox";

struct ListedFolder {
  std::string id;
  std::string name;
  std::string parent;  // "0": the root
  int type = 0;        // MS-ASCMD 2.2.3.186.3
  ItemClass item_class = ItemClass::kEmail;
};

std::vector<ListedFolder> ListFolders(const FolderList& list);

// What is kept of each folder that a device was told of.
ToldFolders TellAll(const std::vector<ListedFolder>& folders);

struct FolderDifference {
  std::vector<const ListedFolder*> added;
  std::vector<const ListedFolder*> updated;
  std::vector<std::string> deleted;
  std::size_t size() const { return added.size() + updated.size() + deleted.size(); }
};
FolderDifference Compare(const ToldFolders& told, const std::vector<ListedFolder>& folders);

}  // namespace mailwake::eas

#endif  // MAILWAKE_FRONTS_ACTIVESYNC_FOLDER_LIST_H_
