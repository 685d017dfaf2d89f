// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/messages.h"

#include <absl/strings/escaping.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "mailwake/adapters/wbxml.h"

namespace mailwake::fleet {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

std::string Bytes(const char* hex) { return absl::HexStringToBytes(hex); }

TEST(FleetMessages, APingIsByteForByteWhatPhonesSend) {
  const std::vector<ListedFolder> folders{{.id = "5", .type = 2}};
  EXPECT_EQ(PingRequest(470s, folders), Bytes("03016a00000d45480334373000"
                                              "01494a4b033500014c03456d61696c0001010101"));
}

TEST(FleetMessages, APingLeavesOutWhatTheServerRemembers) {
  EXPECT_THAT(PingRequest(std::nullopt, {}), IsEmpty());
  EXPECT_EQ(PingRequest(60s, {}), Bytes("03016a00000d45480336300001"
                                        "01"));
}

TEST(FleetMessages, ReadsEveryPartOfAPingAnswer) {
  EXPECT_EQ(ReadPing(Bytes("03016a00000d45470331000101"))->status, 1);
  const auto woken =
      ReadPing(Bytes("03016a00000d4547033200"
                     "01494a03350001"
                     "0101"));
  EXPECT_EQ(woken->status, 2);
  EXPECT_THAT(woken->folders, ElementsAre("5"));
  EXPECT_EQ(ReadPing(Bytes("03016a00000d4547033500"
                           "0148033335343000"
                           "0101"))
                ->heartbeat,
            3540s);
  EXPECT_EQ(ReadPing(Bytes("03016a00000d4547033600"
                           "014d0333303000"
                           "0101"))
                ->max_folders,
            300);
}

TEST(FleetMessages, RefusesAnotherDocumentThanAskedFor) {
  const std::string ping = Bytes("03016a00000d45470331000101");
  EXPECT_FALSE(ReadSync(ping).ok());
  EXPECT_FALSE(ReadFolderSync(ping).ok());
  EXPECT_FALSE(ReadProvision(ping).ok());
  EXPECT_FALSE(ReadPing("").ok());
  EXPECT_FALSE(ReadPing("<html>").ok());
}

TEST(FleetMessages, AFirstSyncAsksForNoChanges) {
  namespace as = wbxml::airsync;
  const std::vector<SyncCollection> collections{{.id = "inbox", .key = "0"}, {.id = "cal", .key = "7"}};
  const auto document = wbxml::Document::Parse(SyncRequest(collections));
  std::vector<std::string> seen;
  for (wbxml::Element collection : document->root().Child(as::kCollections)) {
    seen.push_back(std::string(collection.Child(as::kCollectionId).text()) + " " + std::string(collection.Child(as::kSyncKey).text()) +
                   (collection.Has(as::kGetChanges) ? " changes" : ""));
  }
  EXPECT_THAT(seen, ElementsAre("inbox 0", "cal 7 changes"));
}

TEST(FleetMessages, PhonesWatchMailCalendarContactsTasksAndNotes) {
  EXPECT_STREQ(ClassOfType(2), "Email");
  EXPECT_STREQ(ClassOfType(8), "Calendar");
  EXPECT_STREQ(ClassOfType(9), "Contacts");
  EXPECT_STREQ(ClassOfType(7), "Tasks");
  for (int type : {0, 1, 3, 4, 5, 6, 18, 19}) EXPECT_EQ(ClassOfType(type), nullptr) << type;
}

}  // namespace
}  // namespace mailwake::fleet
