// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/query.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "adapters/fronts/activesync/user.h"
#include "mailwake/adapters/http_text.h"
#include "tests/adapters/activesync/fixtures.h"
#include "tests/adapters/activesync/hex.h"

namespace mailwake::eas {
namespace {

Query Parsed(std::string_view query) {
  const absl::StatusOr<Query> parsed = ParseQuery(query);
  EXPECT_TRUE(parsed.ok()) << query << ": " << parsed.status();
  return parsed.value_or(Query());
}

TEST(PlainQuery, IsReadInAnyOrderAndCase) {
  for (const char* query :
       {"Cmd=Ping&User=ann&DeviceId=D1&DeviceType=iPhone", "user=ann&deviceid=D1&devicetype=iPhone&cmd=PING",
        "User=ann&DeviceId=D1&DeviceType=iPhone&Cmd=ping&SaveInSent=T", "&&Cmd=Ping&User=ann&DeviceId=D1&DeviceType=iPhone&"}) {
    const Query parsed = Parsed(query);
    EXPECT_EQ(parsed.command, Command::kPing) << query;
    EXPECT_EQ(parsed.user, "ann") << query;
    EXPECT_EQ(parsed.device, "D1") << query;
    EXPECT_EQ(parsed.device_type, "iPhone") << query;
    EXPECT_EQ(parsed.version, 0);
  }
}

TEST(PlainQuery, IsPercentDecodedAndKeepsThePlus) {
  const Query parsed = Parsed("Cmd=Sync&User=EXAMPLE%5Cann%2btag+x%40example.org&DeviceId=D1&DeviceType=My%20Phone");
  EXPECT_EQ(parsed.user, "EXAMPLE\\ann+tag+x@example.org");
  EXPECT_EQ(parsed.device_type, "My Phone");
  EXPECT_EQ(Parsed("Cmd=Sync&User=ann@example.org&DeviceId=D1").user, "ann@example.org");
}

TEST(PlainQuery, MayCarryThePolicyKey) {
  EXPECT_EQ(Parsed("Cmd=Sync&DeviceId=D1&PolicyKey=2401271238").policy_key, 2401271238u);
  EXPECT_EQ(Parsed("Cmd=Sync&DeviceId=D1&PolicyKey=").policy_key, std::nullopt);
}

TEST(PlainQuery, IsRefusedWhenDamaged) {
  for (const char* query :
       {"", "Cmd=&DeviceId=D1", "DeviceId=D1&User=ann", "Cmd=Ping&User=ann", "Cmd=Ping&DeviceId=", "Cmd=Ping&DeviceId=a%0ab",
        "Cmd=Ping&DeviceId=%4", "Cmd=Ping&DeviceId=D1&User=%zz", "Cmd=Ping&DeviceId=a%20b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseQuery(query).status())) << query;
  }
  EXPECT_TRUE(ParseQuery("Cmd=Ping&DeviceId=" + std::string(64, 'd')).ok());
  EXPECT_FALSE(ParseQuery("Cmd=Ping&DeviceId=" + std::string(65, 'd')).ok());
}

TEST(PlainQuery, WithACommandThatNobodyKnowsIsRead) { EXPECT_EQ(Parsed("Cmd=Fly&DeviceId=D1").command, Command::kOther); }

TEST(Base64Query, OfTheSpecificationIsRead) {
  const Query sync = Parsed("jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l");
  EXPECT_EQ(sync.version, 140);
  EXPECT_EQ(sync.command, Command::kSync);
  EXPECT_EQ(sync.locale, 0x0409);
  EXPECT_EQ(sync.device, "v140Device");
  EXPECT_EQ(sync.device_type, "SmartPhone");
  EXPECT_EQ(sync.policy_key, std::nullopt);
  const Query ping = Parsed("jRIJBAp2MTQwRGV2aWNlBMZ9II8KU21hcnRQaG9uZQ==");
  EXPECT_EQ(ping.version, 141);
  EXPECT_EQ(ping.command, Command::kPing);
  EXPECT_EQ(ping.policy_key, 2401271238u);
}

TEST(Base64Query, IsReadUnpaddedPercentEncodedAndWithASpaceForAPlus) {
  EXPECT_EQ(Parsed("jRIJBAp2MTQwRGV2aWNlBMZ9II8KU21hcnRQaG9uZQ").device, "v140Device");
  EXPECT_EQ(Parsed("jRIJBAp2MTQwRGV2aWNlBMZ9II8KU21hcnRQaG9uZQ%3D%3D").device, "v140Device");
  const std::string plus = "jAkHBBC32YBsEj5p+IUKLTDTcJoYBAAAAAALV2luZG93c01haWw=";
  std::string space = plus;
  space.replace(space.find('+'), 1, "%20");
  EXPECT_EQ(Parsed(plus).device, "B7D9806C123E69F8850A2D30D3709A18");
  EXPECT_EQ(Parsed(space).device, Parsed(plus).device);
}

TEST(Base64Query, GivesTheSameDeviceAsThePlainForm) {
  EXPECT_EQ(Parsed("jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l").device, Parsed("Cmd=Sync&DeviceId=v140Device").device);
  EXPECT_EQ(Parsed("jAkHBBCoHzHhi8b5YrNnTZh4inyaBAAAAAACV1A=").device, Parsed("Cmd=Sync&DeviceId=A81F31E18BC6F962B3674D98788A7C9A").device);
}

TEST(Base64Query, IsRefusedWhenCutAnywhereInItsFixedPart) {
  const std::string bytes = Base64Decode("jRIJBAp2MTQwRGV2aWNlBMZ9II8KU21hcnRQaG9uZQ==").value();
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(ParseQuery(Base64Encode(bytes.substr(0, size))).ok()) << size;
  EXPECT_TRUE(ParseQuery(Base64Encode(bytes)).ok());
  EXPECT_FALSE(ParseQuery(Base64Encode(bytes + "\x08")).ok());
  EXPECT_FALSE(ParseQuery(Base64Encode(bytes + std::string("\x08\x05"
                                                           "ab")))
                   .ok());
}

TEST(Base64Query, IsRefusedWithoutADeviceOrWithAnOddKey) {
  EXPECT_FALSE(ParseQuery(Base64Encode(test::FromHex("8d12090400000a536d61727450686f6e65"))).ok());
  EXPECT_FALSE(ParseQuery(Base64Encode(test::FromHex("8d1209040161"
                                                     "020000"
                                                     "0161")))
                   .ok());
  EXPECT_FALSE(ParseQuery("not/base64!").ok());
  EXPECT_FALSE(ParseQuery(Base64Encode(test::FromHex("8d12090421") + std::string(33, '\x01') + test::FromHex("000161"))).ok());
}

// "deviceid=76313430...(v140Device)" or "deviceid=a81f...(binary)".
std::string DeviceIn(const std::string& field) {
  const std::size_t open = field.find('(');
  const std::string text = field.substr(open + 1, field.size() - open - 2);
  if (text != "binary") return text;
  std::string hex = field.substr(0, open);
  for (char& c : hex) c = static_cast<char>(c >= 'a' ? c - 32 : c);
  return hex;
}

TEST(Base64Query, OfEachFixtureSaysWhatItsRowSays) {
  const auto rows = test::FixtureRows("query-fixtures.tsv");
  if (rows.empty()) GTEST_SKIP() << "no fixtures; set MAILWAKE_FIXTURES to their folder";
  for (const auto& row : rows) {
    const Query parsed = Parsed(row.at(1));
    std::stringstream fields(row.at(2));
    for (std::string field; fields >> field;) {
      const std::size_t equals = field.find('=');
      if (equals == std::string::npos) continue;
      const std::string name = field.substr(0, equals), value = field.substr(equals + 1);
      if (name == "version") {
        EXPECT_EQ(parsed.version, value == "145" ? 141 : std::stoi(value)) << row[0];
      } else if (name == "cmd") {
        EXPECT_EQ(parsed.command, CommandByCode(static_cast<std::uint8_t>(std::stoi(value)))) << row[0];
        EXPECT_EQ(parsed.command, CommandByName(value.substr(value.find('(') + 1, value.size() - value.find('(') - 2))) << row[0];
      } else if (name == "locale") {
        EXPECT_EQ(parsed.locale, std::stoi(value, nullptr, 16)) << row[0];
      } else if (name == "deviceid") {
        EXPECT_EQ(parsed.device, DeviceIn(value)) << row[0];
      } else if (name == "policykey") {
        EXPECT_EQ(parsed.policy_key ? std::to_string(*parsed.policy_key) : "absent", value) << row[0];
      } else if (name == "devicetype") {
        EXPECT_EQ(parsed.device_type, value) << row[0];
      } else if (name == "params" && value.starts_with("8=b'")) {
        EXPECT_EQ(parsed.user, value.substr(4, value.size() - 5)) << row[0];
      } else if (name == "params" && value.starts_with("7=")) {
        EXPECT_EQ(parsed.options, 2) << row[0];
      }
    }
  }
}

TEST(Version, IsReadInTenths) {
  EXPECT_EQ(ParseVersion("14.1"), 141);
  EXPECT_EQ(ParseVersion("2.5"), 25);
  EXPECT_EQ(ParseVersion("16"), 160);
  for (const char* bad : {"", "x", "14.x", "14.11", "-1.0", "0.5"}) EXPECT_EQ(ParseVersion(bad), 0) << bad;
}

TEST(User, IsTheSameInEachOfItsForms) {
  EXPECT_TRUE(SameUser("ann", "ANN"));
  EXPECT_TRUE(SameUser("EXAMPLE\\ann", "ann"));
  EXPECT_TRUE(SameUser("ann@example.org", "ann"));
  EXPECT_TRUE(SameUser("EXAMPLE\\ann", "ann@example.org"));
  EXPECT_FALSE(SameUser("ann@example.org", "ann@example.com"));
  EXPECT_FALSE(SameUser("ann", "bob"));
  EXPECT_FALSE(SameUser("", ""));
  EXPECT_FALSE(SameUser("@example.org", ""));
}

}  // namespace
}  // namespace mailwake::eas
