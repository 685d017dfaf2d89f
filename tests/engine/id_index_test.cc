// SPDX-License-Identifier: Apache-2.0
//
// IdIndex against a map, while it grows and shrinks; and that no call moves more than a few entries.

#include "engine/src/id_index.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "engine/src/id_hash.h"

namespace mailwake {
namespace {

TEST(IdIndexTest, AgreesWithAMapOverRandomInsertionsAndErasures) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    std::mt19937_64 random(seed);
    IdIndex index;
    std::map<std::uint32_t, std::uint32_t> model;  // number -> tag
    std::uint32_t next = 0;
    // Few tags: many searches pass entries of the same tag.
    const auto tag_of = [&](std::uint32_t number) {
      return static_cast<std::uint32_t>(HashBytes(std::to_string(seed % 2 == 0 ? number % 50 : number)));
    };
    for (int step = 0; step < 20'000; ++step) {
      const bool grows = step / 4000 % 2 == 0;
      if (model.empty() || random() % 4 < (grows ? 3u : 1u)) {
        index.Insert(tag_of(next), next);
        model.emplace(next, tag_of(next));
        ++next;
      } else {
        auto victim = model.lower_bound(static_cast<std::uint32_t>(random() % next));
        if (victim == model.end()) victim = model.begin();
        index.Erase(victim->second, victim->first);
        model.erase(victim);
      }
      ASSERT_EQ(index.size(), model.size());
      const auto asked = static_cast<std::uint32_t>(random() % next);
      ASSERT_EQ(index.Find(tag_of(asked), [&](std::uint32_t number) { return number == asked; }) == asked, model.contains(asked));
      if (step % 500 == 0) index.CheckInvariants();
    }
    std::map<std::uint32_t, int> visited;
    index.ForEach([&](std::uint32_t number) { ++visited[number]; });
    ASSERT_EQ(visited.size(), model.size());
    for (const auto& [number, times] : visited) ASSERT_TRUE(times == 1 && model.contains(number));
  }
}

TEST(IdIndexTest, NoInsertionMovesMoreThanAFewEntries) {
  IdIndex index;
  std::size_t most = 0;
  for (std::uint32_t number = 0; number < 300'000; ++number) {
    const std::size_t before = index.moved();
    index.Insert(static_cast<std::uint32_t>(HashBytes(std::to_string(number))), number);
    most = std::max(most, index.moved() - before);
  }
  EXPECT_EQ(index.size(), 300'000u);
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, IdIndex::kMoved);
}

}  // namespace
}  // namespace mailwake
