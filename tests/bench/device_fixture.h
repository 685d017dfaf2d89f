// SPDX-License-Identifier: Apache-2.0
//
// A fleet's device without a server: what a server may say to it, what it says in words, and a fixture that plays both.
//
// Example:    Take(device_.Begin()); EXPECT_EQ(Answer(PingStatus(1)), "Ping");

#ifndef MAILWAKE_TESTS_BENCH_DEVICE_FIXTURE_H_
#define MAILWAKE_TESTS_BENCH_DEVICE_FIXTURE_H_

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/fleet/device.h"
#include "mailwake/adapters/wbxml.h"

namespace mailwake::fleet {

using namespace std::chrono_literals;

// What the device told the world, in words.
class Diary : public DeviceEvents {
 public:
  void Watching(DeviceIndex, std::span<const std::string> folders) override { Note("watches", folders); }
  void Woken(DeviceIndex, std::span<const std::string> folders, Instant) override { Note("woken", folders); }
  void Synced(DeviceIndex, std::string_view folder, Instant asked, Instant) override {
    lines.push_back("synced " + std::string(folder));
    last_asked = asked;
  }
  void Expired(DeviceIndex, Instant, Instant) override { lines.push_back("expired"); }
  void Closed(DeviceIndex, Instant) override { ++closed; }

  std::vector<std::string> Take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  Instant last_asked;
  int closed = 0;

 private:
  void Note(std::string line, std::span<const std::string> folders) {
    for (const std::string& folder : folders) line += " " + folder;
    lines.push_back(line);
  }
};

// ---- what a server says -------------------------------------------------------------------------------------------------------------

inline HttpReply Ok(std::string body) { return {.status = 200, .body = std::move(body), .retry_after = std::nullopt}; }

inline HttpReply FolderList(const std::string& key, const std::vector<ListedFolder>& folders) {
  namespace fh = wbxml::folder_hierarchy;
  wbxml::Writer out;
  out.Start(fh::kFolderSync);
  out.Text(fh::kStatus, "1");
  out.Text(fh::kSyncKey, key);
  out.Start(fh::kChanges);
  out.Text(fh::kCount, static_cast<std::int64_t>(folders.size()));
  for (const ListedFolder& folder : folders) {
    out.Start(fh::kAdd);
    out.Text(fh::kServerId, folder.id);
    out.Text(fh::kParentId, "0");
    out.Text(fh::kDisplayName, folder.id);
    out.Text(fh::kType, folder.type);
    out.End();
  }
  out.End();
  out.End();
  return Ok(std::move(out).document());
}

inline HttpReply FolderSyncStatus(int status) {
  wbxml::Writer out;
  out.Start(wbxml::folder_hierarchy::kFolderSync);
  out.Text(wbxml::folder_hierarchy::kStatus, status);
  out.End();
  return Ok(std::move(out).document());
}

inline HttpReply Synced(const std::vector<SyncReply::Collection>& collections) {
  namespace as = wbxml::airsync;
  wbxml::Writer out;
  out.Start(as::kSync);
  out.Start(as::kCollections);
  for (const auto& collection : collections) {
    out.Start(as::kCollection);
    out.Text(as::kSyncKey, collection.key);
    out.Text(as::kCollectionId, collection.id);
    out.Text(as::kStatus, collection.status);
    if (collection.more) out.Empty(as::kMoreAvailable);
    out.End();
  }
  out.End();
  out.End();
  return Ok(std::move(out).document());
}

inline HttpReply PingStatus(int status, const std::vector<std::string>& folders = {}, int heartbeat = 0, int max_folders = 0) {
  wbxml::Writer out;
  out.Start(wbxml::ping::kPing);
  out.Text(wbxml::ping::kStatus, status);
  if (!folders.empty()) {
    out.Start(wbxml::ping::kFolders);
    for (const std::string& folder : folders) out.Text(wbxml::ping::kFolder, folder);
    out.End();
  }
  if (max_folders > 0) out.Text(wbxml::ping::kMaxFolders, max_folders);
  if (heartbeat > 0) out.Text(wbxml::ping::kHeartbeatInterval, heartbeat);
  out.End();
  return Ok(std::move(out).document());
}

inline HttpReply Policy(const std::string& key) {
  namespace pr = wbxml::provision;
  wbxml::Writer out;
  out.Start(pr::kProvision);
  out.Text(pr::kStatus, "1");
  out.Start(pr::kPolicies);
  out.Start(pr::kPolicy);
  out.Text(pr::kPolicyType, "MS-EAS-Provisioning-WBXML");
  out.Text(pr::kStatus, "1");
  out.Text(pr::kPolicyKey, key);
  out.End();
  out.End();
  out.End();
  return Ok(std::move(out).document());
}

// ---- what the device says -----------------------------------------------------------------------------------------------------------

inline std::string Element(wbxml::Element element, wbxml::Tag tag) { return std::string(element.Child(tag).text()); }

// "Sync inbox=1 cal=1", "Ping 480 inbox:Email", "Ping" for the empty one.
inline std::string Describe(const Step& step) {
  std::string text(Name(step.command));
  if (step.kind == Step::Kind::kStop) return "stop: " + step.why;
  if (step.kind == Step::Kind::kWait) return "wait: " + step.why;
  if (step.body.empty()) return text;
  const auto document = wbxml::Document::Parse(step.body);
  const wbxml::Element root = document->root();
  switch (step.command) {
    case Command::kProvision:
      return text + " " + Element(root.Child(wbxml::provision::kPolicies).Child(wbxml::provision::kPolicy), wbxml::provision::kPolicyKey);
    case Command::kFolderSync:
      return text + " " + Element(root, wbxml::folder_hierarchy::kSyncKey);
    case Command::kSync:
      for (wbxml::Element collection : root.Child(wbxml::airsync::kCollections)) {
        text += " " + Element(collection, wbxml::airsync::kCollectionId) + "=" + Element(collection, wbxml::airsync::kSyncKey);
      }
      return text;
    case Command::kPing:
      if (root.Has(wbxml::ping::kHeartbeatInterval)) text += " " + Element(root, wbxml::ping::kHeartbeatInterval);
      for (wbxml::Element folder : root.Child(wbxml::ping::kFolders)) {
        text += " " + Element(folder, wbxml::ping::kId) + ":" + Element(folder, wbxml::ping::kClass);
      }
      return text;
  }
  return text;
}

class DeviceTest : public testing::Test {
 protected:
  // Takes the step as sent and answers it.
  std::string Answer(const HttpReply& reply, Span after = 10ms) {
    EXPECT_EQ(step_.kind, Step::Kind::kSend) << Describe(step_);
    device_.Written(now_);
    now_ += after;
    return Take(device_.Answered(reply, now_));
  }
  std::string Lose(Device::Loss loss, Span after) {
    device_.Written(now_);
    now_ += after;
    return Take(device_.Lost(loss, now_));
  }
  std::string Waited() {
    EXPECT_EQ(step_.kind, Step::Kind::kWait) << Describe(step_);
    return Take(device_.Waited());
  }
  std::string Take(Step step) {
    step_ = std::move(step);
    return Describe(step_);
  }

  // Up to the first Ping.
  void Arrive() {
    Take(device_.Begin());
    Answer(FolderList("1", {{"cal", 8}, {"sent", 5}, {"inbox", 2}}));
    Answer(Synced({{1, "inbox", "1"}, {1, "cal", "1"}}));
    ASSERT_EQ(Answer(Synced({{1, "inbox", "2"}, {1, "cal", "2"}})), "Ping 480 inbox:Email cal:Calendar");
    diary_.Take();
  }

  DeviceConfig config_{.heartbeat = {.initial = 480s, .minimum = 60s, .maximum = 3540s, .step = 240s}};
  Diary diary_;
  Device device_{7, config_, diary_};
  Step step_;
  Instant now_{1000s};
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_TESTS_BENCH_DEVICE_FIXTURE_H_
