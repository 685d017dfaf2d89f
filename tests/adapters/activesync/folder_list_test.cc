// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/folder_list.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mailwake::eas {
namespace {

std::vector<int> Types(const std::vector<DeclaredFolder>& declared) {
  std::vector<int> types;
  for (const ListedFolder& folder : ListFolders({.declared = true, .folders = declared})) types.push_back(folder.type);
  return types;
}

TEST(FolderTypes, FollowTheClassTheFirstOfEachBeingTheDefault) {
  using enum ItemClass;
  EXPECT_EQ(Types({{"a", "A", kEmail},
                   {"b", "B", kEmail},
                   {"c", "C", kCalendar},
                   {"d", "D", kCalendar},
                   {"e", "E", kContacts},
                   {"f", "F", kContacts},
                   {"g", "G", kTasks},
                   {"h", "H", kTasks},
                   {"i", "I", kNotes},
                   {"j", "J", kNotes}}),
            (std::vector<int>{2, 12, 8, 13, 9, 14, 7, 15, 10, 17}));
}

TEST(FolderTypes, TheInboxIsTheFolderOfThatName) {
  EXPECT_EQ(Types({{"a", "Archive"}, {"b", "INBOX"}}), (std::vector<int>{12, 2}));
  EXPECT_EQ(Types({{"a", "Archive"}, {"Inbox", "Posteingang"}}), (std::vector<int>{12, 2}));
}

TEST(FolderTypes, DeclaredTypesAreKeptAndASpecialOneStandsOnce) {
  using enum ItemClass;
  EXPECT_EQ(Types({{"a", "Inbox", kEmail, 12},
                   {"b", "B", kEmail, 2},
                   {"c", "C", kEmail, 2},
                   {"d", "D", kEmail, 5},
                   {"e", "E", kEmail, 5},
                   {"f", "F", kCalendar, 0},
                   {"g", "G", kCalendar, 8}}),
            (std::vector<int>{12, 2, 12, 5, 12, 13, 8}));
  EXPECT_EQ(Types({{"a", "A", kEmail, 99}, {"b", "B", kEmail, -1}}), (std::vector<int>{2, 12})) << "no such types";
}

TEST(FolderTypes, WithoutAnEmailFolderThatCouldBeItThereIsNoInbox) {
  using enum ItemClass;
  EXPECT_EQ(Types({{"a", "A", kCalendar}, {"b", "Sent", kEmail, 5}}), (std::vector<int>{8, 5}));
}

TEST(FolderParents, AreInTheListOrTheRoot) {
  const auto folders = ListFolders(
      {.declared = true, .folders = {{.id = "a", .parent = "b"}, {.id = "b", .parent = "nowhere"}, {.id = "c", .parent = "c"}}});
  EXPECT_EQ(folders[0].parent, "b");
  EXPECT_EQ(folders[1].parent, "0");
  EXPECT_EQ(folders[2].parent, "0");
  EXPECT_EQ(folders[0].name, "a") << "a name is needed";
}

TEST(FolderDifference, IsEmptyForTheSameListAndWholeForNothing) {
  const auto folders = ListFolders({.declared = true, .folders = {{.id = "a", .name = "A"}, {.id = "b", .name = "B"}}});
  EXPECT_EQ(Compare(TellAll(folders), folders).size(), 0u);
  EXPECT_EQ(Compare({}, folders).added.size(), 2u);
  EXPECT_EQ(Compare(TellAll(folders), {}).deleted.size(), 2u);
}

}  // namespace
}  // namespace mailwake::eas
