// SPDX-License-Identifier: Apache-2.0
//
// Folder: version, origin and other tell for every device, exactly, the highest version by somebody else. MailboxBlock: ids and numbers,
// and that nothing is lost when it moves.

#include "engine/src/mailbox_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace mailwake {
namespace {

TEST(FolderTest, VersionForIsExactForEveryDeviceOverRandomChanges) {
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
      ASSERT_LE(folder.other(), folder.version());
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

TEST(FolderTest, AnUnknownClassAndEachKnownOneAreKept) {
  Folder folder;
  EXPECT_EQ(folder.item_class(), std::nullopt);
  for (std::size_t known = 0; known < kItemClasses; ++known) {
    folder.set_class(static_cast<ItemClass>(known));
    EXPECT_EQ(folder.item_class(), static_cast<ItemClass>(known));
  }
}

TEST(PackedNumberTest, KeepsUpTo48BitsAndTimesBelowZero) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xFFFF}, std::uint64_t{0x1'0000}, PackedNumber::kMost}) {
    EXPECT_EQ(PackedNumber(number).Get(), number);
  }
  for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'800'000'000'000}, -(std::int64_t{1} << 47)}) {
    EXPECT_EQ(PackedTime(ms).ms(), ms);
  }
  EXPECT_FALSE(MaybePacked());
  EXPECT_EQ(MaybePacked(7).Get(), 7u);
  EXPECT_EQ(MaybePacked(std::optional<Version>()).Get(), std::nullopt);
}

TEST(MailboxBlockTest, FindsByTheWholeIdOnly) {
  BlockPool pool;
  MailboxBlock block("ann", pool);
  block.CreateFolder(0, "inbox", ItemClass::kEmail);
  block.CreateFolder(1, "inbox2", ItemClass::kCalendar);
  EXPECT_EQ(block.id(), "ann");
  for (FolderNumber guess = 0; guess < 3; ++guess) {
    EXPECT_EQ(block.FindFolder("inbox", guess), 0u);
    EXPECT_EQ(block.FindFolder("inbox2", guess), 1u);
    EXPECT_EQ(block.FindFolder("inbo", guess), kNoFolder);
    EXPECT_EQ(block.FindFolder("", guess), kNoFolder);
  }
  EXPECT_EQ(block.folder(1).item_class(), ItemClass::kCalendar);
}

TEST(MailboxBlockTest, AnErasedFolderIsNotFoundAndItsNumberStartsFresh) {
  BlockPool pool;
  MailboxBlock block("ann", pool);
  block.CreateFolder(0, "inbox", ItemClass::kEmail).Change(9, 1);
  block.CreateFolder(1, "cal", ItemClass::kCalendar);
  block.SetHostVersion(0, 5);
  block.EraseFolder(0);
  EXPECT_EQ(block.FindFolder("inbox"), kNoFolder);
  EXPECT_EQ(block.living(), 1u);
  EXPECT_EQ(block.folder_count(), 2u) << "numbers of the others do not move";
  const Folder& again = block.CreateFolder(0, "drafts", ItemClass::kEmail);
  EXPECT_EQ(again.version(), 0u);
  EXPECT_EQ(again.origin(), kNoDevice);
  EXPECT_EQ(block.host_version(0), 0u);
  EXPECT_TRUE(again.alive());
  EXPECT_EQ(block.FindFolder("drafts"), 0u);
  EXPECT_EQ(block.FindFolder("inbox"), kNoFolder);
  EXPECT_EQ(block.FindFolder("cal"), 1u);
}

TEST(MailboxBlockTest, NothingIsLostWhileItGrowsFromFewToVeryMany) {
  BlockPool pool;
  {
    MailboxBlock block("ann@example.org", pool);
    for (std::uint32_t i = 0; i < 600; ++i) {
      const std::string text = std::to_string(i);
      if (i % 2 == 0) block.CreateFolder(block.folder_count(), "folder" + text, ItemClass::kEmail).Change(i + 1, kNoDevice);
      const DeviceNumber device = block.CreateDevice("phone" + text);
      block.device(device).heartbeat_s = i;
      block.device(device).folders.Add(i);
      block.SetCursor(device, i / 2, i + 7);
      block.CheckInvariants();
    }
    EXPECT_EQ(block.id(), "ann@example.org");
    for (std::uint32_t i = 0; i < 600; ++i) {
      const std::string text = std::to_string(i);
      const DeviceNumber device = block.FindDevice("phone" + text);
      ASSERT_EQ(device, i);
      EXPECT_EQ(block.DeviceId(block.device(device)), "phone" + text);
      EXPECT_EQ(*block.device(device).heartbeat_s, i);
      EXPECT_TRUE(block.device(device).folders.Contains(i));
      for (FolderNumber folder = 0; folder < block.folder_count(); ++folder) {
        ASSERT_EQ(block.cursor(device, folder), folder == i / 2 ? i + 7 : 0) << "device " << i << " folder " << folder;
      }
      if (i % 2 != 0) continue;
      EXPECT_EQ(block.FindFolder("folder" + text), i / 2);
      EXPECT_EQ(block.folder(i / 2).version(), i + 1);
    }
    EXPECT_EQ(block.FindDevice("phone600"), kNoDevice);
    EXPECT_EQ(pool.names().size(), 300u);
  }
  EXPECT_EQ(pool.bytes() - pool.names().bytes(), 0u) << "all memory is given back, and was counted";
  EXPECT_EQ(pool.names().size(), 0u) << "a name goes with the last mailbox that uses it";
}

TEST(MailboxBlockTest, FoldersComeAndGoWhereThereAreManyToo) {
  BlockPool pool;
  MailboxBlock block("ann", pool);
  for (FolderNumber number = 0; number < 100; ++number) block.CreateFolder(number, "folder" + std::to_string(number), ItemClass::kEmail);
  for (FolderNumber number = 0; number < 100; number += 3) block.EraseFolder(number);
  for (FolderNumber number = 0; number < 100; number += 6) block.CreateFolder(number, "again" + std::to_string(number), ItemClass::kEmail);
  block.CheckInvariants();
  for (FolderNumber number = 0; number < 100; ++number) {
    EXPECT_EQ(block.FindFolder("folder" + std::to_string(number)), number % 3 == 0 ? kNoFolder : number);
    EXPECT_EQ(block.FindFolder("again" + std::to_string(number)), number % 6 == 0 ? number : kNoFolder);
  }
}

}  // namespace
}  // namespace mailwake
