// SPDX-License-Identifier: Apache-2.0
//
// Requests of a device to the ActiveSync front end on a real engine in virtual time: WBXML bodies of any bytes and ones that are well
// formed but strange, commands in any order, connections that go, answers that are not delivered, time that passes. Nothing crashes,
// every answer is WBXML or empty, and no PING is left behind.

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <vector>

#include "tests/adapters/activesync/bodies.h"
#include "tests/adapters/activesync/front_world.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

using test::ExchangePtr;
using test::FrontWorld;

constexpr std::array<std::string_view, 8> kCommands = {"Ping", "Sync", "FolderSync", "Provision", "Settings", "Ping", "Sync", "Search"};
constexpr std::array<std::string_view, 6> kTexts = {"5", "7", "0", "1", "Email", "Calendar"};
constexpr std::array<std::string_view, 3> kFolders = {"5", "7", "9"};

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

// What a device knows: the keys that it was given, and asks with mostly.
class Phone {
 public:
  std::string Body(std::string_view command, Choices& choices) const {
    switch (choices.Below(8)) {
      case 0:
        return std::string(choices.Bytes(choices.Below(300)));
      case 1:
        return StrangeBody(choices);
      case 2:
        return {};
      default:
        break;
    }
    if (command == "Ping") return PingBody(choices);
    if (command == "Sync") return SyncBody(choices);
    if (command == "FolderSync") return test::FolderSyncBody(Key(list_key_, choices));
    if (command == "Provision") return ProvisionBody(choices);
    return SettingsBody(choices);
  }

  void Learn(const ExchangePtr& exchange) {
    if (exchange->status() != 200) return;
    const absl::StatusOr<wbxml::Document> answer = wbxml::Document::Parse(exchange->response().body);
    if (!answer.ok()) return;
    const wbxml::Element root = answer->root();
    if (const auto key = root.Child(wbxml::folder_hierarchy::kSyncKey).text(); !key.empty()) list_key_ = key;
    const auto policy = root.Child(wbxml::provision::kPolicies).Child(wbxml::provision::kPolicy).Child(wbxml::provision::kPolicyKey);
    if (!policy.text().empty()) policy_key_ = policy.text();
    for (const wbxml::Element collection : root.Child(wbxml::airsync::kCollections)) {
      const std::string_view key = collection.Child(wbxml::airsync::kSyncKey).text();
      if (!key.empty()) keys_[std::string(collection.Child(wbxml::airsync::kCollectionId).text())] = key;
    }
  }

 private:
  // Mostly the last one.
  static std::string Key(const std::string& last, Choices& choices) {
    switch (choices.Below(8)) {
      case 0:
        return "0";
      case 1:
        return std::to_string(std::atoll(last.c_str()) - 1);  // of the answer before, which may have been lost
      case 2:
        return std::string(Word(choices));
      default:
        return last;
    }
  }

  static std::string PingBody(Choices& choices) {
    test::PingFolders folders;
    for (std::size_t left = choices.Below(4); left > 0; --left) {
      folders.emplace_back(kFolders[choices.Below(kFolders.size())], choices.Below(4) == 0 ? Word(choices) : "Email");
    }
    return test::PingBody(choices.Coin() ? std::to_string(choices.Below(4000)) : std::string(), folders);
  }

  std::string SyncBody(Choices& choices) const {
    std::vector<test::Collection> collections;
    for (std::size_t left = 1 + choices.Below(2); left > 0; --left) {
      const std::string id(kFolders[choices.Below(kFolders.size())]);
      const auto known = keys_.find(id);
      test::Collection& collection = collections.emplace_back();
      collection.id = id;
      collection.key = Key(known == keys_.end() ? "0" : known->second, choices);
      const std::size_t more = choices.Byte();
      if ((more & 1) != 0) collection.item_class = Word(choices);
      if ((more & 2) != 0) collection.get_changes = (more & 4) != 0 ? "0" : "1";
      if ((more & 8) != 0) collection.window = std::to_string(choices.Below(600));
      if ((more & 16) != 0) collection.commands = test::Tokens([&](wbxml::Writer& out) { WriteCommand(out, choices); });
      if ((more & 32) != 0) collection.options = test::Tokens([&](wbxml::Writer& out) { out.Text(wbxml::airsync::kFilterType, "3"); });
    }
    test::SyncBodyOptions options;
    const std::size_t waits = choices.Below(6);
    if (waits == 0) options.wait = std::to_string(choices.Below(70));
    if (waits == 1) options.heartbeat = std::to_string(choices.Below(4000));
    options.partial = choices.Below(6) == 0;
    return test::SyncBody(collections, options);
  }

  static void WriteCommand(wbxml::Writer& out, Choices& choices) {
    out.Start(wbxml::airsync::kCommands);
    out.Start(choices.Coin() ? wbxml::airsync::kAdd : wbxml::airsync::kDelete);
    out.Text(wbxml::airsync::kClientId, Word(choices));
    out.End();
    out.End();
  }

  std::string ProvisionBody(Choices& choices) const {
    wbxml::Writer out;
    out.Start(wbxml::provision::kProvision);
    if (choices.Below(3) == 0) WriteDeviceInformation(out, choices);
    if (choices.Below(8) != 0) {
      out.Start(wbxml::provision::kPolicies);
      out.Start(wbxml::provision::kPolicy);
      if (choices.Below(8) != 0) {
        out.Text(wbxml::provision::kPolicyType, choices.Below(3) == 0 ? Word(choices) : "MS-EAS-Provisioning-WBXML");
      }
      if (choices.Coin()) {
        out.Text(wbxml::provision::kPolicyKey, Key(policy_key_, choices));
        out.Text(wbxml::provision::kStatus, Word(choices));
      }
      out.End();
      out.End();
    }
    out.End();
    return std::move(out).document();
  }

  static void WriteDeviceInformation(wbxml::Writer& out, Choices& choices) {
    out.Start(wbxml::settings::kDeviceInformation);
    out.Start(wbxml::settings::kSet);
    out.Text(wbxml::settings::kModel, Word(choices));
    out.End();
    out.End();
  }

  static std::string SettingsBody(Choices& choices) {
    static constexpr std::array<wbxml::Tag, 4> kParts = {wbxml::settings::kOof, wbxml::settings::kUserInformation,
                                                         wbxml::settings::kDevicePassword, wbxml::settings::kRightsManagementInformation};
    wbxml::Writer out;
    out.Start(wbxml::settings::kSettings);
    for (std::size_t left = choices.Below(4); left > 0; --left) {
      if (choices.Below(4) == 0) {
        WriteDeviceInformation(out, choices);
        continue;
      }
      out.Start(kParts[choices.Below(kParts.size())]);
      out.Empty(choices.Coin() ? wbxml::settings::kGet : wbxml::settings::kSet);
      out.End();
    }
    out.End();
    return std::move(out).document();
  }

  std::string list_key_ = "0";
  std::string policy_key_;
  std::map<std::string, std::string> keys_;
};

std::vector<DeclaredFolder> DeclaredBy(Choices& choices) {
  std::vector<DeclaredFolder> folders;
  for (const std::string_view id : kFolders) {
    if (choices.Below(4) == 0) continue;
    folders.push_back({.id = std::string(id), .name = std::string(Word(choices)) + "x", .item_class = ItemClass::kEmail, .type = 12});
  }
  return folders;
}

// Ends what is held, in ways of the host's.
void EndSome(FrontWorld& world, Choices& choices) {
  Engine& engine = world.engine();
  switch (choices.Below(12)) {
    case 0:
      engine.Drain(std::chrono::seconds(choices.Below(60)));
      break;
    case 1:
    case 2:
      engine.EndMailbox(test::kAnn);
      break;
    case 3:
    case 4:
      engine.Suspect(test::kAnn, [](const absl::Status&) {});
      break;
    case 5:
    case 6:
      engine.Shed(1);
      break;
    default:
      engine.EndDevice(test::kAnn, test::kDevice);
  }
  world.Run();
}

// Tight ones are met.
Options EngineOptions(Choices& choices) {
  Options options{.shards = 1};
  if (choices.Below(4) == 0) options.acknowledge = Acknowledge::kPing;
  if (choices.Below(3) == 0) options.limits.folders_per_ping = 1;
  if (choices.Below(4) == 0) options.limits.pings_per_mailbox = 1;
  if (choices.Below(8) == 0) options.limits.pings = 1;
  return options;
}

// What the mail host answers to a Sync from now on.
SyncProvider::Answer HostAnswer(Choices& choices) {
  SyncProvider::Answer answer{.state = std::string(Word(choices)), .more_available = choices.Coin()};
  if (choices.Coin()) answer.commands = test::Tokens([&](wbxml::Writer& out) { out.Text(wbxml::airsync::kServerId, Word(choices)); });
  return answer;
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
  const Options options = EngineOptions(choices);
  FrontWorld world({.engine = options, .front = {.acknowledge = options.acknowledge}, .provider = choices.Coin()});
  static constexpr std::array<const char*, 4> kVersions = {"14.1", "2.5", "12.1", "16.1"};
  world.protocol = kVersions[choices.Below(kVersions.size())];
  Phone phone;
  std::vector<ExchangePtr> exchanges;
  std::size_t learnt = 0;
  for (int step = 0; step < 80 && !choices.done(); ++step) {
    switch (choices.Below(16)) {
      case 0:
        world.Publish(std::string(Word(choices)).substr(0, 60) + "x", static_cast<ItemClass>(choices.Below(kItemClasses)));
        break;
      case 1:
      case 2:
        world.Publish(kFolders[choices.Below(kFolders.size())]);
        break;
      case 3:
        world.Advance(std::chrono::seconds(choices.Below(4000)));
        break;
      case 4:
        if (!exchanges.empty()) exchanges[choices.Below(exchanges.size())]->Leave();
        break;
      case 5:
        if (choices.Below(8) != 0) break;
        world.Restart();
        exchanges.clear();  // their connections went with the process
        learnt = 0;
        break;
      case 6:
        world.SetFolders(DeclaredBy(choices));
        break;
      case 7:
        if (choices.Below(6) == 0) {
          world.provider().answers[std::string(kFolders[choices.Below(kFolders.size())])] =
              choices.Coin() ? absl::NotFoundError("a test") : absl::UnavailableError("a test");
        } else {
          world.provider().answers[std::string(kFolders[choices.Below(kFolders.size())])] = HostAnswer(choices);
        }
        break;
      case 10:
        EndSome(world, choices);
        break;
      case 9: {
        HttpRequest request = world.Request("Ping");
        request.method = choices.Coin() ? "OPTIONS" : "GET";
        exchanges.push_back(world.Send(std::move(request)));
        break;
      }
      case 8:
        world.state().fail_loads = choices.Below(8) == 0;
        world.state().fail_saves = choices.Below(8) == 0;
        break;
      default: {
        const std::string_view command = kCommands[choices.Below(kCommands.size())];
        const auto writing = choices.Below(8) == 0 ? FrontWorld::Writing::kFails : FrontWorld::Writing::kWhole;
        world.store().fail = choices.Below(16) == 0;
        exchanges.push_back(world.Post(command, phone.Body(command, choices), writing));
        world.store().fail = false;
      }
    }
    for (; learnt < exchanges.size() && exchanges[learnt]->answered(); ++learnt) phone.Learn(exchanges[learnt]);
    if (!exchanges.empty()) phone.Learn(exchanges.back());
  }
  for (const ExchangePtr& exchange : exchanges) exchange->Leave();
  world.Run();
  for (const ExchangePtr& exchange : exchanges) CheckAnswer(exchange);
  FUZZ_CHECK(world.held() == 0);
  if (::testing::Test::HasFailure()) std::abort();
  return 0;
}
