// SPDX-License-Identifier: Apache-2.0
#include "adapters/sources/http/secret.h"

#include <gtest/gtest.h>

#include <string>

namespace mailwake::http_source {
namespace {

TEST(SecretTest, IsItsWordAndNoOther) {
  const Secret secret("a-token");
  EXPECT_TRUE(secret.Is("a-token"));
  for (const std::string other : {"", "a-toke", "a-token ", "A-token", "b-token"}) EXPECT_FALSE(secret.Is(other)) << other;
  EXPECT_FALSE(secret.Is(std::string("a-token\0", 8)));
  EXPECT_TRUE(Secret(std::string("\0x", 2)).Is(std::string("\0x", 2)));
}

}  // namespace
}  // namespace mailwake::http_source
