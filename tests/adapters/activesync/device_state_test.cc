// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/device_state.h"

#include <gtest/gtest.h>

#include "adapters/fronts/activesync/device_queue.h"

namespace mailwake::eas {
namespace {

DeviceState Full() {
  DeviceState state;
  state.folders = {.last_key = 7, .key = 7, .told = {{"5", ~std::uint64_t{0}}}, .previous_key = 6, .previous_told = {{"6", 1}}};
  state.last_sync_key = 12;
  state.collections["5"] = {.item_class = ItemClass::kCalendar,
                            .current = {.key = 12, .state = std::string("\0\xff\"", 3), .primed = true},
                            .previous = {.key = 11, .state = "s", .primed = false},
                            .options = std::string("\x57\0", 2)};
  state.collections["\xc3\xbc"] = {.current = {.key = 3}};
  state.sync =
      RememberedSync{.collections = {{.id = "5", .key = "12", .item_class = ItemClass::kTasks, .window_size = 9, .get_changes = false}},
                     .wait = SyncWait{.value = 15, .minutes = true}};
  state.policy_key = "1";
  state.offered_policy_key = "2";
  return state;
}

TEST(DeviceState, IsReadAsItWasWritten) {
  EXPECT_EQ(Deserialize(Serialize(Full())), Full());
  EXPECT_EQ(Deserialize(Serialize({})), DeviceState());
  DeviceState seconds = Full();
  seconds.sync->wait = SyncWait{.value = 600, .minutes = false};
  EXPECT_EQ(Deserialize(Serialize(seconds)), seconds);
}

TEST(DeviceState, IsEmptyWhenDamagedOrOfAnotherFormat) {
  const std::string whole = Serialize(Full());
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(Deserialize(whole.substr(0, size)), DeviceState()) << size;
  for (const char* text : {"[]", "7", "{}", "{\"format\":2}", "{\"format\":\"x\"}", "\xff"})
    EXPECT_EQ(Deserialize(text), DeviceState()) << text;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x04);
    Deserialize(flipped);  // anything but a crash
  }
}

TEST(DeviceState, TakesIdsThatAreNotUtf8) {
  DeviceState state;
  state.collections["\xff"] = {};
  EXPECT_EQ(Deserialize(Serialize(state)).collections.size(), 1u);
}

TEST(DeviceState, ForgetsTheCollectionsThatWereSyncedLongestAgo) {
  DeviceState state;
  for (SyncKey key = 1; key <= kMaxCollections + 5; ++key) state.collections[std::to_string(key)].current.key = key;
  Bound(state);
  EXPECT_EQ(state.collections.size(), kMaxCollections);
  EXPECT_FALSE(state.collections.contains("5"));
  EXPECT_TRUE(state.collections.contains("6"));
}

TEST(DeviceQueue, GivesTurnsOneAfterTheOtherInOrder) {
  DeviceQueue queue(10);
  std::vector<int> order;
  DeviceQueue::Turn first;
  queue.Run("a", [&](DeviceQueue::Turn turn) {
    order.push_back(1);
    first = std::move(turn);
  });
  queue.Run("a", [&](const DeviceQueue::Turn&) { order.push_back(2); });
  queue.Run("a", [&](const DeviceQueue::Turn&) { order.push_back(3); });
  queue.Run("b", [&](const DeviceQueue::Turn&) { order.push_back(10); });
  EXPECT_EQ(order, (std::vector<int>{1, 10}));
  first = nullptr;
  EXPECT_EQ(order, (std::vector<int>{1, 10, 2, 3}));
}

TEST(DeviceQueue, RefusesMoreThanItMayHold) {
  DeviceQueue queue(1);
  DeviceQueue::Turn first;
  EXPECT_TRUE(queue.Run("a", [&](DeviceQueue::Turn turn) { first = std::move(turn); }));
  EXPECT_TRUE(queue.Run("a", [](const DeviceQueue::Turn&) {}));
  EXPECT_FALSE(queue.Run("a", [](const DeviceQueue::Turn&) {}));
  first = nullptr;
  EXPECT_TRUE(queue.Run("a", [](const DeviceQueue::Turn&) {}));
}

}  // namespace
}  // namespace mailwake::eas
