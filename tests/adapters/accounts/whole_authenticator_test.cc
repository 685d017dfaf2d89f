// SPDX-License-Identifier: Apache-2.0
//
// From a password or an imported line to an answer, nothing replaced.
#include <gtest/gtest.h>

#include <future>

#include "mailwake/adapters/authenticator.h"
#include "tests/adapters/accounts/test_directory.h"
#include "tests/support/memory_accounts.h"

namespace mailwake {
namespace {

absl::StatusCode Try(Authenticator& authenticator, const std::string& user, const std::string& password) {
  std::promise<absl::StatusCode> code;
  authenticator.Authenticate(user, password, [&](absl::StatusOr<Account> account) { code.set_value(account.status().code()); });
  return code.get_future().get();
}

TEST(WholeAuthenticatorTest, ChecksEveryScheme) {
  TestDirectory directory;
  const std::string key = directory.File("key");
  MemoryAccounts accounts({
      {.user = "argon", .password = *HashPassword("right"), .verified = ""},
      {.user = "sha",
       .password = *ImportPassword(
           "{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1", key),
       .verified = ""},
      {.user = "blf",
       .password = *ImportPassword("{BLF-CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", key),
       .verified = ""},
      {.user = "plain", .password = *ImportPassword("{PLAIN}right", key), .verified = ""},
  });
  for (int start = 0; start < 2; ++start) {
    auto authenticator = NewPasswordAuthenticator(accounts, key, {});
    ASSERT_TRUE(authenticator.ok()) << authenticator.status();
    EXPECT_EQ(Try(**authenticator, "argon", "right"), absl::StatusCode::kOk);
    EXPECT_EQ(Try(**authenticator, "sha", "Hello world!"), absl::StatusCode::kOk);
    EXPECT_EQ(Try(**authenticator, "blf", "U*U"), absl::StatusCode::kOk);
    EXPECT_EQ(Try(**authenticator, "plain", "right"), absl::StatusCode::kOk);
    for (const std::string user : {"argon", "sha", "blf", "plain", "nobody"})
      EXPECT_EQ(Try(**authenticator, user, "guess"), absl::StatusCode::kUnauthenticated) << user;
  }
}

TEST(WholeAuthenticatorTest, WithoutItsKeyItSaysWhy) {
  TestDirectory directory;
  MemoryAccounts accounts;
  EXPECT_FALSE(NewPasswordAuthenticator(accounts, directory.File("none/key"), {}).ok());
}

}  // namespace
}  // namespace mailwake
