// SPDX-License-Identifier: Apache-2.0
//
// Folder: version, origin and other tell for every device, exactly, the highest version by somebody else. FolderIndex: ids and numbers.

#include "engine/src/folder_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mailwake {
namespace {

TEST(FolderIndexTest, VersionForIsExactForEveryDeviceOverRandomChanges) {
  std::mt19937_64 random(7);
  for (int run = 0; run < 200; ++run) {
    Folder folder;
    std::vector<std::pair<Version, DeviceNumber>> history;
    Version next = 0;
    for (int change = 0; change < 30; ++change) {
      next += 1 + random() % 5;
      const DeviceNumber by = random() % 4 == 0 ? kNoDevice : static_cast<DeviceNumber>(random() % 3);
      folder.Change(next, by);
      history.emplace_back(next, by);
      ASSERT_LE(folder.other, folder.version);
      for (DeviceNumber device = 0; device < 4; ++device) {
        Version by_others = 0;
        for (const auto& [version, who] : history) {
          if (who != device) by_others = std::max(by_others, version);
        }
        // A device that made nothing lately sees the latest version; one that made the latest sees the latest by somebody else.
        ASSERT_EQ(folder.VersionFor(device), by_others) << "device " << device << " after " << history.size() << " changes";
      }
    }
  }
}

TEST(FolderIndexTest, FindsByTheWholeIdOnly) {
  FolderNames names;
  FolderIndex index(names);
  index.Create(0, "inbox", ItemClass::kEmail);
  index.Create(1, "inbox2", ItemClass::kCalendar);
  EXPECT_EQ(index.Find("inbox"), 0u);
  EXPECT_EQ(index.Find("inbox2"), 1u);
  EXPECT_EQ(index.Find("inbo"), kNoFolder);
  EXPECT_EQ(index.Find(""), kNoFolder);
  EXPECT_EQ(index[1].item_class(), ItemClass::kCalendar);
}

TEST(FolderIndexTest, AnErasedFolderIsNotFoundAndItsNumberStartsFresh) {
  FolderNames names;
  FolderIndex index(names);
  index.Create(0, "inbox", ItemClass::kEmail).Change(9, 1);
  index.Create(1, "cal", ItemClass::kCalendar);
  index.Erase(0);
  EXPECT_EQ(index.Find("inbox"), kNoFolder);
  EXPECT_EQ(index.living(), 1u);
  EXPECT_EQ(index.size(), 2u) << "numbers of the others do not move";
  const Folder& again = index.Create(0, "drafts", ItemClass::kEmail);
  EXPECT_EQ(again.version, 0u);
  EXPECT_EQ(again.origin, kNoDevice);
  EXPECT_TRUE(again.alive);
  EXPECT_EQ(index.Find("drafts"), 0u);
  EXPECT_EQ(index.Find("inbox"), kNoFolder);
  EXPECT_EQ(index.Find("cal"), 1u);
}

TEST(FolderIndexTest, ManyFoldersAreAllFound) {
  FolderNames names;
  FolderIndex index(names);
  for (FolderNumber number = 0; number < 5000; ++number) index.Create(number, "folder" + std::to_string(number), ItemClass::kEmail);
  for (FolderNumber number = 0; number < 5000; number += 7) EXPECT_EQ(index.Find("folder" + std::to_string(number)), number);
  EXPECT_EQ(index.living(), 5000u);
}

}  // namespace
}  // namespace mailwake
