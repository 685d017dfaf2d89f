// SPDX-License-Identifier: Apache-2.0
//
// FolderSet against std::set.

#include "engine/src/folder_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>
#include <vector>

namespace mailwake {
namespace {

std::vector<FolderNumber> Members(const FolderSet& set) {
  std::vector<FolderNumber> members;
  set.ForEach([&](FolderNumber folder) { members.push_back(folder); });
  return members;
}

TEST(FolderSetTest, HoldsWhatWasAddedAcrossWordBoundaries) {
  FolderSet set;
  EXPECT_TRUE(set.empty());
  for (FolderNumber folder : {0u, 63u, 64u, 127u, 128u, 4999u}) set.Add(folder);
  EXPECT_EQ(Members(set), (std::vector<FolderNumber>{0, 63, 64, 127, 128, 4999}));
  EXPECT_EQ(set.size(), 6u);
  for (FolderNumber folder : {1u, 62u, 65u, 126u, 129u, 4998u, 5000u, 1'000'000u}) EXPECT_FALSE(set.Contains(folder)) << folder;
}

TEST(FolderSetTest, TheNextOneFromAnyOn) {
  FolderSet set;
  EXPECT_EQ(set.Next(0), 0u);
  EXPECT_EQ(set.Next(62), 62u);
  EXPECT_EQ(set.Next(63), 63u);
  EXPECT_EQ(set.Next(1'000'000), 1'000'000u);
  set.Add(62);
  EXPECT_EQ(set.Next(0), 62u);
  EXPECT_EQ(set.Next(62), 62u);
  EXPECT_EQ(set.Next(63), 63u);
  set.Add(200);
  EXPECT_EQ(set.Next(63), 200u);
  EXPECT_EQ(set.Next(201), 201u);
}

TEST(FolderSetTest, RemovingWhatIsNotThereChangesNothing) {
  FolderSet set;
  set.Add(70);
  set.Remove(3);
  set.Remove(71);
  set.Remove(100'000);
  EXPECT_EQ(Members(set), std::vector<FolderNumber>{70});
}

TEST(FolderSetTest, SetsOfDifferentLengthAreEqualWhenTheirMembersAre) {
  FolderSet small;
  small.Add(5);
  FolderSet large = small;
  large.Add(500);
  EXPECT_FALSE(small == large);
  EXPECT_FALSE(large == small);
  large.Remove(500);
  EXPECT_TRUE(small == large);
  EXPECT_TRUE(large == small);
}

TEST(FolderSetTest, ACopySharesNothing) {
  FolderSet set;
  set.Add(1);
  set.Add(200);
  FolderSet copy = set;
  set.Remove(200);
  EXPECT_TRUE(copy.Contains(200));
  FolderSet large;
  large.Add(900);
  large = set;
  EXPECT_EQ(Members(large), std::vector<FolderNumber>{1});
  FolderSet small;
  small.Add(7);
  large = small;
  EXPECT_EQ(Members(large), std::vector<FolderNumber>{7});
}

TEST(FolderSetTest, ClearLeavesNothing) {
  FolderSet set;
  set.Add(0);
  set.Add(77);
  set.Clear();
  EXPECT_TRUE(set.empty());
  EXPECT_TRUE(Members(set).empty());
}

TEST(FolderSetTest, AgreesWithStdSetOverRandomOperations) {
  std::mt19937_64 random(42);
  FolderSet set;
  std::set<FolderNumber> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto folder = static_cast<FolderNumber>(random() % (random() % 2 == 0 ? 64 : 400));
    if (random() % 2 == 0) {
      set.Add(folder);
      model.insert(folder);
    } else {
      set.Remove(folder);
      model.erase(folder);
    }
    ASSERT_EQ(set.Contains(folder), model.contains(folder));
    ASSERT_EQ(set.size(), model.size());
    ASSERT_EQ(set.empty(), model.empty());
    const auto next = model.lower_bound(folder);
    ASSERT_EQ(set.Next(folder), next == model.end() ? folder : *next);
    if (step % 97 == 0) {
      ASSERT_EQ(Members(set), std::vector<FolderNumber>(model.begin(), model.end()));
    }
  }
}

TEST(FolderSetTest, AssignTakesNoMoreThanItNeeds) {
  FolderSet large;
  large.Add(5000);
  large.Clear();
  large.Add(3);
  FolderSet small;
  small.Assign(large);
  EXPECT_TRUE(small == large);
  EXPECT_TRUE(small.Contains(3));
  for (const FolderNumber number : {0u, 62u, 63u, 64u, 5000u}) {
    FolderSet one;
    one.Add(number);
    for (FolderSet* to : {&small, &large}) {
      to->Assign(one);
      EXPECT_TRUE(*to == one) << number;
      EXPECT_EQ(to->size(), 1u);
    }
  }
  small.Assign(FolderSet());
  EXPECT_TRUE(small.empty());
}

}  // namespace
}  // namespace mailwake
