// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/passwd_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mailwake::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

absl::StatusOr<std::string> Import(std::string_view value) {
  if (value.find("{BAD}") == 0) return absl::InvalidArgumentError("BAD is not a scheme");
  return "stored:" + std::string(value);
}

absl::StatusOr<std::vector<AccountRecord>> Parse(std::string_view text) { return ParsePasswdFile(text, "users", Import); }

TEST(PasswdFileTest, TakesNamesAndPasswordsAndLeavesTheRest) {
  const auto accounts = Parse(
      "# comment\n\nann@example.org:{PLAIN}a b\r\nbob:{SHA512-CRYPT}$6$x$y:1000:1000::/home/bob::extra\ncarla:{ARGON2ID}$argon2id$v=19\n");
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  EXPECT_THAT(*accounts, ElementsAre(AccountRecord{.user = "ann@example.org", .password = "stored:{PLAIN}a b", .verified = ""},
                                     AccountRecord{.user = "bob", .password = "stored:{SHA512-CRYPT}$6$x$y", .verified = ""},
                                     AccountRecord{.user = "carla", .password = "stored:{ARGON2ID}$argon2id$v=19", .verified = ""}));
  EXPECT_TRUE(Parse("")->empty());
}

TEST(PasswdFileTest, EveryBadLineIsNamedAndNoneIsTaken) {
  const auto accounts =
      Parse("ann:{PLAIN}a\nno colon secret1\n:{PLAIN}secret2\nbob:secret3\ncarla:{BAD}secret4\nann:{PLAIN}secret5\nd\x01:{PLAIN}x\ne:\n" +
            std::string(321, 'n') + ":{PLAIN}x\n");
  ASSERT_TRUE(absl::IsInvalidArgument(accounts.status()));
  const std::string error(accounts.status().message());
  EXPECT_THAT(error, Not(HasSubstr("users:1:")));
  EXPECT_THAT(error, HasSubstr("users:2: there is no colon"));
  EXPECT_THAT(error, HasSubstr("users:3: the name has 0 bytes"));
  EXPECT_THAT(error, HasSubstr("users:4: the password does not begin with its scheme"));
  EXPECT_THAT(error, HasSubstr("users:5: BAD is not a scheme"));
  EXPECT_THAT(error, HasSubstr("users:6: the name stands in line 1 already"));
  EXPECT_THAT(error, HasSubstr("users:7: the name holds a colon or a control character"));
  EXPECT_THAT(error, HasSubstr("users:8: the password does not begin"));
  EXPECT_THAT(error, HasSubstr("users:9: the name has 321 bytes"));
  EXPECT_THAT(error, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace mailwake::server
