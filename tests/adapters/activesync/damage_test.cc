// SPDX-License-Identifier: Apache-2.0
//
// Damaged requests: every recorded document, cut at each byte and with bits flipped, to every command. Each is answered; none crashes (run
// it with the sanitizers).
#include <gtest/gtest.h>

#include "mailwake/adapters/http_text.h"
#include "tests/adapters/activesync/bodies.h"
#include "tests/adapters/activesync/fixtures.h"

namespace mailwake::test {
namespace {

constexpr const char* kCommands[] = {"Ping", "Sync", "FolderSync", "Provision", "Settings"};

// Who sends only such for long is turned away; each device sends a few.
void ChangeDevice(FrontWorld& world) {
  static int sent = 0;
  world.device = "D" + std::to_string(sent++ / 10);
}

// The command that a document is meant for is its root; the others must refuse it.
void Throw(FrontWorld& world, const std::string& body) {
  ChangeDevice(world);
  for (const char* command : kCommands) {
    const ExchangePtr exchange = world.Post(command, body);
    if (exchange->answered()) {
      EXPECT_EQ(exchange->status(), 200) << command << " " << ToHex(body);
    } else {
      exchange->Leave();  // it is held: it was understood
    }
  }
}

TEST(DamagedRequests, CutAtEachByteAreAnswered) {
  const auto rows = FixtureRows("wbxml-fixtures.tsv");
  if (rows.empty()) GTEST_SKIP() << "no fixtures; set MAILWAKE_FIXTURES to their folder";
  for (const auto& row : rows) {
    FrontWorld world;
    const std::string bytes = FromHex(row.at(1));
    if (bytes.size() > 120) continue;
    for (std::size_t size = 0; size <= bytes.size(); ++size) Throw(world, bytes.substr(0, size));
    world.engine().CheckInvariants();
  }
}

TEST(DamagedRequests, WithFlippedBitsAreAnswered) {
  const auto rows = FixtureRows("wbxml-fixtures.tsv");
  if (rows.empty()) GTEST_SKIP() << "no fixtures; set MAILWAKE_FIXTURES to their folder";
  for (const auto& row : rows) {
    if (!row.at(0).starts_with("client_") && !row.at(0).starts_with("ping_req")) continue;
    FrontWorld world;
    const std::string bytes = FromHex(row.at(1));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int bit : {0, 6}) {
        std::string flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
        Throw(world, flipped);
      }
    }
    world.engine().CheckInvariants();
  }
}

TEST(DamagedRequests, OfOurOwnMakingAreAnswered) {
  FrontWorld world;
  const std::string bodies[] = {PingBody("470", {{"5", "Email"}, {"9", "Calendar"}}), SyncBody({{.id = "5", .key = "0"}}, {.wait = "5"}),
                                FolderSyncBody("0")};
  for (const std::string& bytes : bodies) {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (int byte = 0; byte < 256; byte += 17) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(byte);
        Throw(world, changed);
      }
    }
  }
  world.engine().CheckInvariants();
}

TEST(DamagedRequests, QueriesAreAnsweredOrRefused) {
  const std::string good = "jRIJBAp2MTQwRGV2aWNlBMZ9II8KU21hcnRQaG9uZQ==";
  const std::string bytes = Base64Decode(good).value();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    FrontWorld world;
    for (int byte = 0; byte < 256; byte += 7) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(byte);
      HttpRequest request = world.Request("Ping");
      request.target = "/Microsoft-Server-ActiveSync?" + Base64Encode(changed);
      const int status = world.Send(request)->status();
      EXPECT_TRUE(status == 200 || status == 400 || status == 403 || status == 501) << status;
    }
  }
}

}  // namespace
}  // namespace mailwake::test
