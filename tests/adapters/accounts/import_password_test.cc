// SPDX-License-Identifier: Apache-2.0
#include <crypt.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/fronts/accounts/password_scheme.h"
#include "mailwake/adapters/authenticator.h"
#include "tests/adapters/accounts/test_directory.h"

namespace mailwake {
namespace {

using internal::CheckSlow;
using internal::ParseStored;
using testing::HasSubstr;
using testing::StartsWith;

// From the specification of SHA-crypt, and from the tests of crypt_blowfish.
const std::string kSha512 =
    "{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
const std::string kSha512Rounds =
    "{SHA512-CRYPT}$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/"
    "y3RnOaw5v.";
const std::string kBcrypt = "{BLF-CRYPT}$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const std::string kBcrypt2y = "{BLF-CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

TEST(PasswordSchemeTest, ChecksWhatOthersHashed) {
  EXPECT_TRUE(CheckSlow(*ParseStored(kSha512), "Hello world!"));
  EXPECT_FALSE(CheckSlow(*ParseStored(kSha512), "Hello world"));
  EXPECT_TRUE(CheckSlow(*ParseStored(kSha512Rounds), "Hello world!"));
  for (const std::string& stored : {kBcrypt, kBcrypt2y}) {
    EXPECT_TRUE(CheckSlow(*ParseStored(stored), "U*U"));
    EXPECT_FALSE(CheckSlow(*ParseStored(stored), "U*V"));
  }
}

TEST(PasswordSchemeTest, WhatComesAfterANulCounts) {
  EXPECT_FALSE(CheckSlow(*ParseStored(kBcrypt), std::string("U*U\0more", 8)));
  EXPECT_FALSE(CheckSlow(*ParseStored(kSha512), std::string("Hello world!\0", 13)));
}

TEST(PasswordSchemeTest, TheDecoyIsAValueOfItsSchemeThatFitsNothing) {
  const auto& dummy = internal::DummyPassword();
  EXPECT_TRUE(ParseStored("{ARGON2ID}" + dummy.value).ok());
  EXPECT_FALSE(CheckSlow(dummy, "password"));
}

TEST(HashPasswordTest, IsArgon2idWithTheParametersOfTheDecoy) {
  const auto stored = HashPassword("correct horse");
  ASSERT_TRUE(stored.ok());
  EXPECT_THAT(*stored, StartsWith("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$"));
  EXPECT_THAT(internal::DummyPassword().value, StartsWith("$argon2id$v=19$m=65536,t=3,p=1$"));
  EXPECT_TRUE(CheckSlow(*ParseStored(*stored), "correct horse"));
  EXPECT_FALSE(CheckSlow(*ParseStored(*stored), "correct horsf"));
  EXPECT_NE(*HashPassword("correct horse"), *stored);
  EXPECT_EQ(HashPassword("").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ImportPasswordTest, StoresHashesAsGivenAndPlainAsAKeyedHash) {
  TestDirectory directory;
  const std::string key = directory.File("key");
  for (const std::string& given : {kSha512, kSha512Rounds, kBcrypt, kBcrypt2y}) EXPECT_EQ(*ImportPassword(given, key), given);
  EXPECT_EQ(*ImportPassword("{sha512-crypt}" + kSha512.substr(14), key), kSha512) << "Dovecot takes names in any case";
  EXPECT_EQ(directory.files(), 0u) << "no key is made for what needs none";
  const auto plain = ImportPassword("{PLAIN}pa{ss}word", key);
  ASSERT_TRUE(plain.ok());
  EXPECT_THAT(*plain, StartsWith("{PLAIN-KEYED}"));
  EXPECT_THAT(*plain, testing::Not(HasSubstr("pa{ss}word")));
  EXPECT_NE(*ImportPassword("{PLAIN}pa{ss}word", key), *plain);
}

TEST(ImportPasswordTest, RefusesWhatTakesOverASecondToCheck) {
  TestDirectory directory;
  const std::string salt_and_hash = kSha512Rounds.substr(kSha512Rounds.find("$saltstringsaltst"));
  const std::string blf_rest = kBcrypt.substr(kBcrypt.find("$CCCC"));
  const std::string argon2_rest = ",p=1$ZGRkZGRkZGRkZGRkZGRkZA$ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ";
  for (const std::string& given :
       {"{SHA512-CRYPT}$6$rounds=1000000" + salt_and_hash, "{BLF-CRYPT}$2y$14" + blf_rest,
        "{ARGON2ID}$argon2id$v=19$m=65536,t=16" + argon2_rest, "{ARGON2ID}$argon2id$v=19$m=262144,t=4" + argon2_rest}) {
    EXPECT_TRUE(ImportPassword(given, directory.File("key")).ok()) << given;
  }
  for (const std::string& given :
       {"{SHA512-CRYPT}$6$rounds=1000001" + salt_and_hash, "{SHA512-CRYPT}$6$rounds=999999999" + salt_and_hash,
        "{SHA512-CRYPT}$6$rounds=99999999999999999999" + salt_and_hash, "{ARGON2ID}$argon2id$v=19$m=65536,t=17" + argon2_rest,
        "{ARGON2ID}$argon2id$v=19$m=262145,t=1" + argon2_rest, "{ARGON2ID}$argon2id$v=19$m=1048576,t=32" + argon2_rest,
        "{BLF-CRYPT}$2y$15" + blf_rest, "{BLF-CRYPT}$2y$31" + blf_rest}) {
    const absl::Status status = ImportPassword(given, directory.File("key")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << given;
    EXPECT_THAT(std::string(status.message()), HasSubstr("over a second")) << given;
    EXPECT_TRUE(ParseStored(given).ok()) << "an account that has it already can still log in";
  }
}

TEST(ImportPasswordTest, RefusesWhatItCouldNotCheckLater) {
  TestDirectory directory;
  for (const std::string given :
       {"", "secret", "{PLAIN}", "{PLAIN", "{}", "{MD5-CRYPT}$1$abc$xyz", "{PLAIN-KEYED}abc$def", "{SHA512-CRYPT}$5$saltstring$5B8vYYiY",
        "{SHA512-CRYPT}$6$saltstring$short", "{SHA512-CRYPT}", "{BLF-CRYPT}$2a$05$short",
        "{BLF-CRYPT}$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "{ARGON2ID}$argon2i$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$",
        "{ARGON2ID}$argon2id$v=19$m=4000000,t=3,p=1$ZGRkZGRkZGRkZGRkZGRkZA$ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ",
        "{ARGON2ID}$argon2id$v=19$m=65536,t=3000,p=1$ZGRkZGRkZGRkZGRkZGRkZA$ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ"}) {
    const absl::Status status = ImportPassword(given, directory.File("key")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << given;
    EXPECT_FALSE(status.message().empty());
  }
  EXPECT_EQ(directory.files(), 0u);
}

TEST(ImportPasswordTest, RoundsAreANumberAndNoErrorRepeatsTheValue) {
  TestDirectory directory;
  const std::string salt_and_hash = kSha512Rounds.substr(kSha512Rounds.find("$saltstringsaltst"));
  for (const std::string rounds : {"", " 6000", "+6000", "-6000", "0", "05000", "999", "hunter2", "10000hunter2"}) {
    const absl::Status status = ImportPassword("{SHA512-CRYPT}$6$rounds=" + rounds + salt_and_hash, directory.File("key")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << rounds;
    EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("hunter2")));
  }
}

// What is taken crypt must be able to write: else nobody could ever log in.
TEST(ImportPasswordTest, ASaltIsOneThatCryptTakes) {
  TestDirectory directory;
  const std::string hash = kSha512.substr(kSha512.rfind('$'));
  const auto imported = [&](const std::string& value) { return ImportPassword("{SHA512-CRYPT}" + value, directory.File("key")).ok(); };
  const auto writes = [](const std::string& setting) {
    const char* const written = ::crypt("a", setting.c_str());
    return written != nullptr && std::string_view(written).substr(0, setting.size()) == setting;
  };
  for (const std::string salt : {"", "s", "0123456789abcdef", "~{}#\"%,"}) {
    EXPECT_TRUE(imported("$6$" + salt + hash)) << salt;
    EXPECT_TRUE(writes("$6$" + salt + "$")) << salt;
  }
  for (const std::string salt : {"0123456789abcdefg", "a:b", "a;b", "a*b", "a!b", "a\\b", "a b", "a\nb", "a\x7f", "a\xff"}) {
    EXPECT_FALSE(imported("$6$" + salt + hash)) << salt;
    EXPECT_FALSE(writes("$6$" + salt + "$")) << salt;
  }
  EXPECT_FALSE(imported("$6$a$b" + hash));
  EXPECT_FALSE(imported("$6$rounds=5000" + hash));
  EXPECT_FALSE(imported(std::string("$6$a\0b", 6) + hash));
  const std::string argon2 = internal::DummyPassword().value;
  EXPECT_TRUE(ImportPassword("{ARGON2ID}" + argon2, directory.File("key")).ok());
  EXPECT_FALSE(ImportPassword("{ARGON2ID}" + argon2 + std::string("\0x", 2), directory.File("key")).ok());
}

}  // namespace
}  // namespace mailwake
