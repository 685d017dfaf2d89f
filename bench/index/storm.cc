// SPDX-License-Identifier: Apache-2.0

#include "bench/index/storm.h"

#include <mailwake/adapters/sqlite_store.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "bench/index/hot_probe.h"
#include "bench/index/mailwake_index.h"

namespace mailwake::bench {
namespace {

constexpr std::size_t kProbed = 1000;
constexpr std::chrono::milliseconds kQuiet{2000};

// A mailbox as it is stored once its devices have synced and held a PING.
MailboxWrite StoredMailbox(const Keys& keys, std::uint32_t first) {
  MailboxWrite write{.mailbox = std::string(keys[first].mailbox())};
  for (std::uint16_t number = 0; number < kFolders; ++number) {
    const Folder folder = keys.FolderOf(first, number);
    FolderRecord record{.id = std::string(folder.id), .item_class = static_cast<ItemClass>(folder.item_class)};
    record.version = record.other = number + Version{1};
    write.folders.push_back(std::move(record));
  }
  for (std::uint32_t ping = first; ping < first + keys.shape().devices; ++ping) {
    DeviceRecord device{.id = std::string(keys[ping].device()), .hierarchy_cursor = 0, .heartbeat = kHeartbeat, .folders = {{}}};
    for (const std::uint16_t number : keys.WatchedBy(keys[ping])) {
      device.folders->push_back(
          {std::string(keys.FolderOf(ping, number).id), static_cast<ItemClass>(keys.FolderOf(ping, number).item_class)});
    }
    for (std::uint16_t number = 0; number < kFolders; ++number) {
      device.cursors.push_back({.folder = std::string(keys.FolderOf(ping, number).id), .cursor = kFolders});
    }
    write.devices.push_back({.record = std::move(device)});
  }
  return write;
}

std::unique_ptr<SqliteStore> Open(const std::string& directory) { return OpenSqliteStore(directory + "/storm.db").value(); }

}  // namespace

void Storm::Fill(const Keys& keys) {
  constexpr std::size_t kBatch = 2000;
  auto store = Open(directory_);
  for (std::size_t first = 0; first < keys.shape().mailboxes; first += kBatch) {
    WriteBatch batch;
    for (std::size_t i = first; i < std::min(first + kBatch, keys.shape().mailboxes); ++i) {
      batch.mailboxes.push_back(StoredMailbox(keys, static_cast<std::uint32_t>(i) * keys.shape().devices));
    }
    std::promise<absl::Status> done;
    store->CommitOwned(std::move(batch), [&done](absl::Status status) { done.set_value(std::move(status)); });
    const absl::Status status = done.get_future().get();
    if (status.ok()) continue;
    std::cerr << "storm: " << status << "\n";
    std::abort();
  }
}

void Storm::Remove() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  directory_.clear();
}

StormOutcome Storm::Run(const Shape& shape, int threads) {
  Keys keys(shape);
  if (shape_ != shape) {
    Remove();
    std::string path = (std::filesystem::temp_directory_path() / "mailwake_storm.XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no directory for the store");
    directory_ = path;
    Fill(keys);
    shape_ = shape;
  }
  std::array<Ended, kLanes> ended{Ended(keys), Ended(keys)};
  MailwakeIndex index(keys, Open(directory_));
  StormOutcome result;
  Outcome& outcome = result.outcome;
  HotProbe probe(index.engine(), kProbed);
  const auto until = std::chrono::steady_clock::now() + kQuiet;
  result.quiet = probe.Run([until] { return std::chrono::steady_clock::now() >= until; });
  std::atomic<bool> over{false};
  std::thread prober([&] { result.meanwhile = probe.Run([&over] { return over.load(); }); });
  outcome.measured = RunLanes(threads, [&](std::span<const int> lanes) {
    for (const int lane : lanes) {
      Ended::Scope scope(ended[static_cast<std::size_t>(lane)]);
      for (const std::uint32_t ping : keys.order()) {
        if (keys.LaneOf(ping) == lane) index.HoldEmpty(keys[ping]);
      }
    }
    const std::size_t all = keys.pings() + probe.size() - 1;  // the probe may be at one of its own
    while (lanes.front() == 0 && !index.Settled(all)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  over = true;
  prober.join();
  for (int lane = 0; lane < kLanes; ++lane) {
    Ended::Scope scope(ended[static_cast<std::size_t>(lane)]);
    index.Deliver(lane);
    outcome.wakes += ended[static_cast<std::size_t>(lane)].pings().size();
  }
  outcome.operations = keys.pings();
  outcome.expected = index.held() == keys.pings() + probe.size() ? 0 : keys.pings();
  index.Flush();
  return result;
}

}  // namespace mailwake::bench
