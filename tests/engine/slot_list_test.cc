// SPDX-License-Identifier: Apache-2.0
//
// SlotList against std::list.

#include "engine/src/slot_list.h"

#include <gtest/gtest.h>

#include <list>
#include <random>
#include <vector>

namespace mailwake {
namespace {

class SlotListTest : public testing::Test {
 protected:
  auto links() {
    return [this](Slot slot) -> Links& { return nodes_[slot]; };
  }
  std::vector<Slot> Members(const SlotList& list) {
    std::vector<Slot> members;
    list.ForEach(links(), [&](Slot slot) { members.push_back(slot); });
    return members;
  }
  std::vector<Links> nodes_ = std::vector<Links>(100);
};

TEST_F(SlotListTest, KeepsTheOrderAndGivesTheFirstFirst) {
  SlotList list;
  EXPECT_EQ(list.PopFront(links()), kNoSlot);
  for (Slot slot : {7u, 3u, 9u}) list.PushBack(slot, links());
  EXPECT_EQ(list.front(), 7u);
  EXPECT_EQ(list.PopFront(links()), 7u);
  EXPECT_EQ(Members(list), (std::vector<Slot>{3, 9}));
}

TEST_F(SlotListTest, SpliceMovesAllAndEmptiesTheOther) {
  SlotList a;
  SlotList b;
  a.Splice(b, links());
  EXPECT_TRUE(a.empty());
  for (Slot slot : {1u, 2u}) b.PushBack(slot, links());
  a.Splice(b, links());
  EXPECT_TRUE(b.empty());
  b.PushBack(3, links());
  a.Splice(b, links());
  EXPECT_EQ(Members(a), (std::vector<Slot>{1, 2, 3}));
}

TEST_F(SlotListTest, AgreesWithStdListOverRandomOperations) {
  std::mt19937_64 random(11);
  SlotList list;
  std::list<Slot> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<Slot>(random() % nodes_.size());
    bool inside = false;
    for (Slot member : model) inside |= member == slot;
    if (!inside) {
      list.PushBack(slot, links());
      model.push_back(slot);
    } else if (random() % 2 == 0) {
      list.Remove(slot, links());
      model.remove(slot);
    } else {
      ASSERT_EQ(list.PopFront(links()), model.front());
      model.pop_front();
    }
    ASSERT_EQ(list.empty(), model.empty());
    ASSERT_EQ(Members(list), std::vector<Slot>(model.begin(), model.end()));
  }
}

}  // namespace
}  // namespace mailwake
