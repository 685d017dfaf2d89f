// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>

namespace mailwake::internal {
namespace {

SecretKey Key(std::uint8_t first) {
  SecretKey key{};
  key[0] = first;
  return key;
}

TEST(KeyedHashTest, TellsKeysPurposesAndPartsApart) {
  const KeyedHash hash(Key(1));
  const std::set<std::string> all = {hash.Hash("p", {"ab", "c"}),     hash.Hash("p", {"a", "bc"}),
                                     hash.Hash("p", {"abc"}),         hash.Hash("pa", {"b", "c"}),
                                     hash.Hash("p", {"ab", "c", ""}), KeyedHash(Key(2)).Hash("p", {"ab", "c"})};
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(hash.Hash("p", {"ab", "c"}), KeyedHash(Key(1)).Hash("p", {"ab", "c"}));
  EXPECT_EQ(hash.Hash("p", {}).size(), 32u);
}

TEST(KeyedHashTest, EqualPlainPasswordsLookDifferentAndBothPass) {
  const KeyedHash hash(Key(1));
  const std::string one = hash.HashPlain("secret"), two = hash.HashPlain("secret");
  EXPECT_NE(one, two);
  EXPECT_TRUE(hash.CheckPlain(one, "secret"));
  EXPECT_TRUE(hash.CheckPlain(two, "secret"));
  EXPECT_FALSE(hash.CheckPlain(one, "Secret"));
  EXPECT_FALSE(hash.CheckPlain(one, ""));
  EXPECT_FALSE(hash.CheckPlain("", "secret"));
  EXPECT_FALSE(hash.CheckPlain("$", "secret"));
  EXPECT_FALSE(KeyedHash(Key(2)).CheckPlain(one, "secret"));
  EXPECT_EQ(one.find("secret"), std::string::npos);
}

TEST(KeyedHashTest, WritesBase64) {
  EXPECT_EQ(ToBase64(""), "");
  EXPECT_EQ(ToBase64("foob"), "Zm9vYg");
  EXPECT_TRUE(SameSecret("abc", "abc"));
  EXPECT_FALSE(SameSecret("abc", "abd"));
  EXPECT_FALSE(SameSecret("abc", "ab"));
}

}  // namespace
}  // namespace mailwake::internal
