// SPDX-License-Identifier: Apache-2.0
//
// Requests of a device to the ActiveSync front end on a real engine in virtual time: WBXML bodies of any bytes and ones that are well
// formed but strange, commands in any order, connections that go, answers that are not delivered, time that passes. Nothing crashes,
// every answer is WBXML or empty, and no PING is left behind.

#include <gtest/gtest.h>

#include <array>

#include "tests/adapters/activesync/bodies.h"
#include "tests/adapters/activesync/front_world.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

using test::ExchangePtr;
using test::FrontWorld;

constexpr std::array<std::string_view, 8> kCommands = {"Ping", "Sync", "FolderSync", "Provision", "Settings", "Ping", "Sync", "Search"};
constexpr std::array<std::string_view, 6> kTexts = {"5", "7", "0", "1", "Email", "Calendar"};

std::string_view Word(Choices& choices) {
  return choices.Below(4) == 0 ? choices.Bytes(choices.Below(70)) : kTexts[choices.Below(kTexts.size())];
}

// A PING or Sync with the tags that they have, and values that they should not.
std::string StrangeBody(Choices& choices) {
  static constexpr std::array<wbxml::Tag, 14> kTags = {wbxml::ping::kFolders,
                                                       wbxml::ping::kFolder,
                                                       wbxml::ping::kId,
                                                       wbxml::ping::kClass,
                                                       wbxml::ping::kHeartbeatInterval,
                                                       wbxml::airsync::kCollections,
                                                       wbxml::airsync::kCollection,
                                                       wbxml::airsync::kSyncKey,
                                                       wbxml::airsync::kCollectionId,
                                                       wbxml::airsync::kWait,
                                                       wbxml::airsync::kHeartbeatInterval,
                                                       wbxml::airsync::kPartial,
                                                       wbxml::airsync::kGetChanges,
                                                       wbxml::airsync::kCommands};
  wbxml::Writer out;
  out.Start(choices.Coin() ? wbxml::ping::kPing : wbxml::airsync::kSync);
  std::size_t depth = 1;
  for (std::size_t left = choices.Below(40); left > 0 && !choices.done(); --left) {
    const wbxml::Tag tag = kTags[choices.Below(kTags.size())];
    const std::size_t what = choices.Below(4);
    if (what == 0) {
      out.Start(tag);
      ++depth;
    } else if (what == 1 && depth > 1) {
      out.End();
      --depth;
    } else {
      out.Text(tag, Word(choices));
    }
  }
  for (; depth > 0; --depth) out.End();
  return std::move(out).document();
}

std::string Body(std::string_view command, Choices& choices) {
  switch (choices.Below(4)) {
    case 0:
      return std::string(choices.Bytes(choices.Below(300)));
    case 1:
      return StrangeBody(choices);
    case 2:
      return {};
    default:
      if (command == "Ping")
        return test::PingBody(std::to_string(choices.Below(4000)), {{"5", "Email"}, {std::string(Word(choices)), "Calendar"}});
      return StrangeBody(choices);
  }
}

void CheckAnswer(const ExchangePtr& exchange) {
  if (!exchange->answered()) return;
  FUZZ_CHECK(exchange->status() >= 200 && exchange->status() < 600);
  const std::string& body = exchange->response().body;
  if (exchange->status() == 200 && !body.empty() && body[0] == '\x03') FUZZ_CHECK(wbxml::Document::Parse(body).ok());
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake;        // NOLINT
  using namespace mailwake::fuzz;  // NOLINT
  Choices choices(data, size);
  FrontWorld world({.engine = {.shards = 1}, .provider = choices.Coin()});
  std::vector<ExchangePtr> exchanges;
  for (int step = 0; step < 60 && !choices.done(); ++step) {
    switch (choices.Below(8)) {
      case 0:
        world.Publish(std::string(Word(choices)).substr(0, 60) + "x", static_cast<ItemClass>(choices.Below(kItemClasses)));
        break;
      case 1:
        world.Publish("5");
        break;
      case 2:
        world.Advance(std::chrono::seconds(choices.Below(4000)));
        break;
      case 3:
        if (!exchanges.empty()) exchanges[choices.Below(exchanges.size())]->Leave();
        break;
      case 4:
        if (choices.Below(8) != 0) break;
        world.Restart();
        exchanges.clear();  // their connections went with the process
        break;
      default: {
        const std::string_view command = kCommands[choices.Below(kCommands.size())];
        const auto writing = choices.Below(8) == 0 ? FrontWorld::Writing::kFails : FrontWorld::Writing::kWhole;
        exchanges.push_back(world.Post(command, Body(command, choices), writing));
      }
    }
  }
  for (const ExchangePtr& exchange : exchanges) exchange->Leave();
  world.Run();
  for (const ExchangePtr& exchange : exchanges) CheckAnswer(exchange);
  FUZZ_CHECK(world.held() == 0);
  if (::testing::Test::HasFailure()) std::abort();
  return 0;
}
