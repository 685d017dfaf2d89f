// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "mailwake/adapters/front_state.h"

namespace mailwake {
namespace {

std::string Load(FrontState& state, const FrontStateKey& key) {
  std::string value = "no callback";
  state.Load(key, [&value](absl::StatusOr<std::string> loaded) { value = loaded.value(); });
  return value;
}

bool Save(FrontState& state, const FrontStateKey& key, const std::string& value) {
  bool saved = false;
  state.Save(key, value, [&saved](const absl::Status& status) { saved = status.ok(); });
  return saved;
}

TEST(MemoryFrontState, KeepsOneValueForEachFrontMailboxAndDevice) {
  std::unique_ptr<FrontState> state = NewMemoryFrontState();
  const FrontStateKey key{"activesync", "ann", "d"};
  EXPECT_EQ(Load(*state, key), "");
  EXPECT_TRUE(Save(*state, key, "one"));
  EXPECT_TRUE(Save(*state, key, "two"));
  EXPECT_EQ(Load(*state, key), "two");
  for (const FrontStateKey& other : {FrontStateKey{"imap", "ann", "d"}, {"activesync", "bob", "d"}, {"activesync", "ann", "e"}}) {
    EXPECT_EQ(Load(*state, other), "");
  }
}

TEST(MemoryFrontState, AnEmptyValueRemoves) {
  std::unique_ptr<FrontState> state = NewMemoryFrontState();
  EXPECT_TRUE(Save(*state, {"activesync", "ann", "d"}, "one"));
  EXPECT_TRUE(Save(*state, {"activesync", "ann", "d"}, ""));
  EXPECT_EQ(Load(*state, {"activesync", "ann", "d"}), "");
}

}  // namespace
}  // namespace mailwake
