// SPDX-License-Identifier: Apache-2.0
//
// What is written is what is read: every field, every rule of MailboxWrite, awkward ids.

#include <limits>
#include <string>
#include <vector>

#include "adapters/conformance/probe.h"

namespace mailwake {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Version kMaxVersion = std::numeric_limits<Version>::max();

FolderRecord Folder(const std::string& id, Version version) { return {.id = id, .version = version, .other = version}; }

MailboxWrite::DeviceWrite Device(const std::string& id, std::vector<CursorRecord> cursors) {
  return {.record = {.id = id, .last_seen = Time(milliseconds(1000)), .cursors = std::move(cursors)}};
}

// Ids that a careless encoding would mix up, cut short or refuse.
std::vector<std::string> AwkwardIds() {
  std::string every_byte_low, every_byte_high;
  for (int byte = 0; byte < 64; ++byte) every_byte_low.push_back(static_cast<char>(byte));
  for (int byte = 192; byte < 256; ++byte) every_byte_high.push_back(static_cast<char>(byte));
  return {"a",
          std::string("a\0", 2),
          std::string("a\0b", 3),
          std::string("a\0c", 3),
          std::string("\0", 1),
          "A",
          "a ",
          " a",
          "'",
          "''; --",
          "\"",
          "%",
          "_",
          "1",
          "01",
          "1.0",
          "NULL",
          "é",
          "e\xcc\x81",
          "Entwürfe/受信箱/📥",
          "\xff\xfe",
          "a\r\nb",
          every_byte_low,
          every_byte_high,
          std::string(64, 'x')};
}

TEST_P(StoreConformance, AnUnknownMailboxIsEmpty) {
  StoreProbe probe(GetParam()());
  ExpectSame(probe.Load("nobody@example.org"), {});
}

TEST_P(StoreConformance, EveryFieldIsReadAsItWasWritten) {
  StoreProbe probe(GetParam()());
  MailboxWrite write{.mailbox = "ann@example.org"};
  write.hierarchy = {.declared = true, .version = 77};
  write.folders.push_back({.id = "cal",
                           .item_class = ItemClass::kCalendar,
                           .version = 12,
                           .other = 7,
                           .origin = "ApplDN6T",
                           .host_version = 99,
                           .declared = true,
                           .name = "Kalender",
                           .type = 8,
                           .parent = "0",
                           .position = 3});
  write.folders.push_back({.id = "inbox", .item_class = ItemClass::kNotes, .version = 5, .other = 5, .type = -1});
  DeviceRecord full{.id = "d1",
                    .last_seen = Time(milliseconds(1'700'000'000'123)),
                    .hierarchy_cursor = 76,
                    .heartbeat = seconds(900),
                    .folders = {{{"inbox", ItemClass::kNotes}, {"cal", ItemClass::kCalendar}, {"inbox", ItemClass::kTasks}}},
                    .cursors = {{"cal", 11}, {"inbox", 5}}};
  DeviceRecord bare{.id = "d2"};
  DeviceRecord zeroes{.id = "d3", .hierarchy_cursor = 0, .heartbeat = seconds(0), .folders = std::vector<RememberedFolder>()};
  for (const DeviceRecord& device : {full, bare, zeroes}) write.devices.push_back({.record = device});
  ASSERT_TRUE(probe.Commit(write).ok());

  ExpectSame(probe.Load("ann@example.org"), {.declared = true, .hierarchy = 77, .folders = write.folders, .devices = {full, bare, zeroes}});
  ExpectSame(probe.Load("ann@example.or"), {});
}

TEST_P(StoreConformance, NumbersKeepAll64Bits) {
  StoreProbe probe(GetParam()());
  MailboxWrite write{.mailbox = "ann"};
  write.hierarchy = {.declared = false, .version = kMaxVersion};
  write.folders.push_back({.id = "f",
                           .version = kMaxVersion,
                           .other = kMaxVersion - 1,
                           .host_version = kMaxVersion,
                           .type = std::numeric_limits<int>::min(),
                           .position = std::numeric_limits<std::uint32_t>::max()});
  DeviceRecord device{.id = "d", .last_seen = Time(milliseconds(-1)), .hierarchy_cursor = kMaxVersion, .cursors = {{"f", kMaxVersion}}};
  write.devices.push_back({.record = device});
  ASSERT_TRUE(probe.Commit(write).ok());
  ExpectSame(probe.Load("ann"), {.hierarchy = kMaxVersion, .folders = write.folders, .devices = {device}});
}

TEST_P(StoreConformance, IdsAreBytesAndAreNotMixedUp) {
  StoreProbe probe(GetParam()());
  const std::vector<std::string> ids = AwkwardIds();
  Version version = 1;
  for (const std::string& id : ids) {
    MailboxWrite write{.mailbox = id};
    write.folders.push_back({.id = id, .version = ++version, .origin = id, .name = id, .parent = id});
    write.devices.push_back(
        {.record = {.id = id, .folders = {{{id, ItemClass::kTasks}, {"", ItemClass::kEmail}}}, .cursors = {{id, version}}}});
    ASSERT_TRUE(probe.Commit(write).ok());
  }
  version = 1;
  for (const std::string& id : ids) {
    SCOPED_TRACE(testing::PrintToString(id));
    MailboxRecord want;
    want.folders.push_back({.id = id, .version = ++version, .origin = id, .name = id, .parent = id});
    want.devices.push_back({.id = id, .folders = {{{id, ItemClass::kTasks}, {"", ItemClass::kEmail}}}, .cursors = {{id, version}}});
    ExpectSame(probe.Load(id), want);
  }
}

TEST_P(StoreConformance, AllAwkwardIdsFitIntoOneMailbox) {
  StoreProbe probe(GetParam()());
  MailboxWrite write{.mailbox = "ann"};
  std::vector<CursorRecord> cursors;
  for (const std::string& id : AwkwardIds()) {
    write.folders.push_back(Folder(id, cursors.size() + 1));
    cursors.push_back({.folder = id, .cursor = cursors.size() + 1});
  }
  for (const std::string& id : AwkwardIds()) write.devices.push_back(Device(id, cursors));
  ASSERT_TRUE(probe.Commit(write).ok());
  MailboxRecord got = probe.Load("ann");
  EXPECT_EQ(got.folders.size(), AwkwardIds().size());
  ASSERT_EQ(got.devices.size(), AwkwardIds().size());
  for (const DeviceRecord& device : got.devices) EXPECT_EQ(device.cursors.size(), AwkwardIds().size());
}

TEST_P(StoreConformance, MailboxNamesMayBeLong) {
  StoreProbe probe(GetParam()());
  const std::string one = std::string(kMaxMailboxBytes - 1, 'm') + "1", other = std::string(kMaxMailboxBytes - 1, 'm') + "2";
  ASSERT_TRUE(probe.Commit({.mailbox = one, .folders = {Folder("f", 1)}}).ok());
  ExpectSame(probe.Load(one), {.folders = {Folder("f", 1)}});
  ExpectSame(probe.Load(other), {});
}

TEST_P(StoreConformance, ARecordReplacesTheStoredOne) {
  StoreProbe probe(GetParam()());
  MailboxWrite write{.mailbox = "ann"};
  write.hierarchy = {.declared = true, .version = 9};
  write.folders = {{.id = "f", .item_class = ItemClass::kTasks, .version = 9, .origin = "d", .declared = true, .name = "old", .type = 7},
                   Folder("g", 3)};
  write.devices.push_back(
      {.record = {.id = "d", .hierarchy_cursor = 9, .heartbeat = seconds(60), .folders = {{{"f", ItemClass::kTasks}}}}});
  write.devices.push_back(Device("e", {{"f", 1}}));
  ASSERT_TRUE(probe.Commit(write).ok());
  MailboxWrite again{.mailbox = "ann"};
  again.hierarchy = {.declared = false, .version = 10};
  again.folders = {Folder("f", 11)};
  again.devices.push_back({.record = {.id = "d", .last_seen = Time(milliseconds(5))}});
  ASSERT_TRUE(probe.Commit(again).ok());

  ExpectSame(probe.Load("ann"), {.declared = false,
                                 .hierarchy = 10,
                                 .folders = {Folder("f", 11), Folder("g", 3)},
                                 .devices = {{.id = "d", .last_seen = Time(milliseconds(5))}, Device("e", {{"f", 1}}).record}});
}

TEST_P(StoreConformance, CursorsAreSetOneByOneAndTheOthersStay) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("d", {{"f", 1}, {"g", 2}, {"h", 3}}), Device("e", {{"f", 4}})}}).ok());
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("d", {{"g", 1}, {"i", 5}})}}).ok());
  ExpectSame(probe.Load("ann"),
             {.devices = {Device("d", {{"f", 1}, {"g", 1}, {"h", 3}, {"i", 5}}).record, Device("e", {{"f", 4}}).record}});
}

TEST_P(StoreConformance, ACursorOfZeroIsRemoved) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("d", {{"f", 1}, {"g", 2}}), Device("e", {{"f", 4}})}}).ok());
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("d", {{"f", 0}, {"never", 0}})}}).ok());
  ExpectSame(probe.Load("ann"), {.devices = {Device("d", {{"g", 2}}).record, Device("e", {{"f", 4}}).record}});
}

TEST_P(StoreConformance, CursorsOnlyLeavesTheRestOfTheDevice) {
  StoreProbe probe(GetParam()());
  DeviceRecord device{.id = "d",
                      .last_seen = Time(milliseconds(7)),
                      .hierarchy_cursor = 3,
                      .heartbeat = seconds(60),
                      .folders = {{{"f", ItemClass::kTasks}}}};
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {{.record = device}}}).ok());
  MailboxWrite::DeviceWrite cursors = Device("d", {{"f", 8}});
  cursors.cursors_only = true;
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {cursors}}).ok());
  device.cursors = {{"f", 8}};
  ExpectSame(probe.Load("ann"), {.devices = {device}});
}

TEST_P(StoreConformance, CursorsOnlyCreatesADeviceThatTheStoreDoesNotKnow) {
  StoreProbe probe(GetParam()());
  MailboxWrite::DeviceWrite cursors = Device("d", {{"f", 8}});
  cursors.cursors_only = true;
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {cursors}}).ok());
  ExpectSame(probe.Load("ann"), {.devices = {Device("d", {{"f", 8}}).record}});
}

TEST_P(StoreConformance, AnErasedFolderTakesItsCursorsWithIt) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit({.mailbox = "bob", .folders = {Folder("f", 1)}, .devices = {Device("d", {{"f", 1}})}}).ok());
  ASSERT_TRUE(probe
                  .Commit({.mailbox = "ann",
                           .folders = {Folder("f", 1), Folder("g", 2)},
                           .devices = {Device("d", {{"f", 1}, {"g", 2}}), Device("e", {{"f", 1}})}})
                  .ok());
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .erased_folders = {"f", "never"}}).ok());
  ExpectSame(probe.Load("ann"), {.folders = {Folder("g", 2)}, .devices = {Device("d", {{"g", 2}}).record, Device("e", {}).record}});
  ExpectSame(probe.Load("bob"), {.folders = {Folder("f", 1)}, .devices = {Device("d", {{"f", 1}}).record}});
}

TEST_P(StoreConformance, ErasingComesBeforeFoldersAndDevicesOfTheSameWrite) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(
      probe.Commit({.mailbox = "ann", .folders = {Folder("f", 1)}, .devices = {Device("d", {{"f", 1}}), Device("e", {{"f", 1}})}}).ok());
  ASSERT_TRUE(
      probe.Commit({.mailbox = "ann", .folders = {Folder("f", 9)}, .erased_folders = {"f"}, .devices = {Device("d", {{"f", 9}})}}).ok());
  ExpectSame(probe.Load("ann"), {.folders = {Folder("f", 9)}, .devices = {Device("d", {{"f", 9}}).record, Device("e", {}).record}});
}

TEST_P(StoreConformance, AnErasedDeviceTakesItsCursorsWithIt) {
  StoreProbe probe(GetParam()());
  ASSERT_TRUE(probe.Commit({.mailbox = "bob", .devices = {Device("d", {{"f", 1}})}}).ok());
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("d", {{"f", 1}}), Device("e", {{"f", 2}})}}).ok());
  MailboxWrite::DeviceWrite erase{.record = {.id = "d", .cursors = {{"g", 5}}}, .erase = true};
  MailboxWrite::DeviceWrite unknown{.record = {.id = "never"}, .erase = true};
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {erase, unknown}}).ok());
  ExpectSame(probe.Load("ann"), {.devices = {Device("e", {{"f", 2}}).record}});
  ExpectSame(probe.Load("bob"), {.devices = {Device("d", {{"f", 1}}).record}});

  // What comes back under the same id starts without cursors.
  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("d", {})}}).ok());
  ExpectSame(probe.Load("ann"), {.devices = {Device("d", {}).record, Device("e", {{"f", 2}}).record}});
}

TEST_P(StoreConformance, AgeOutForgetsOnlyOldDevicesAndTheirCursors) {
  StoreProbe probe(GetParam()());
  auto seen = [](const std::string& id, int ms) {
    MailboxWrite::DeviceWrite device = Device(id, {{"f", 1}});
    device.record.last_seen = Time(milliseconds(ms));
    return device;
  };
  ASSERT_TRUE(
      probe.Commit({.mailbox = "ann", .folders = {Folder("f", 1)}, .devices = {seen("old", 99), seen("edge", 100), seen("new", 101)}})
          .ok());
  ASSERT_TRUE(probe.Commit({.mailbox = "bob", .devices = {seen("old", -5), seen("new", 200)}}).ok());
  EXPECT_EQ(probe.AgeOut(Time(milliseconds(100))), 2u);
  EXPECT_EQ(probe.AgeOut(Time(milliseconds(100))), 0u);
  ExpectSame(probe.Load("ann"), {.folders = {Folder("f", 1)}, .devices = {seen("edge", 100).record, seen("new", 101).record}});
  ExpectSame(probe.Load("bob"), {.devices = {seen("new", 200).record}});

  ASSERT_TRUE(probe.Commit({.mailbox = "ann", .devices = {Device("old", {})}}).ok());
  EXPECT_TRUE(probe.Load("ann").devices.at(2).cursors.empty());
}

}  // namespace
}  // namespace mailwake
