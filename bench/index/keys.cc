// SPDX-License-Identifier: Apache-2.0

#include "bench/index/keys.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <utility>

namespace mailwake::bench {
namespace {

constexpr std::uint64_t kSeed = 20240229;
constexpr std::size_t kFewestSteps = 4096;  // a lane
constexpr std::uint16_t kOmittable = 10;

constexpr std::array<Folder, kFolders> kCommon = {{{"inbox", 0},
                                                   {"sent", 0},
                                                   {"calendar", 1},
                                                   {"drafts", 0},
                                                   {"contacts", 2},
                                                   {"archive", 0},
                                                   {"tasks", 3},
                                                   {"trash", 0},
                                                   {"team", 1},
                                                   {"lists", 0},
                                                   {"junk", 0},
                                                   {"outbox", 0}}};

}  // namespace

Keys::Keys(const Shape& shape) : shape_(shape), keys_(shape.pings()) {
  FillKeys();
  FillSteps();
}

void Keys::FillKeys() {
  std::array<char, 64> text;
  for (std::uint32_t ping = 0; ping < keys_.size(); ++ping) {
    Key& key = keys_[ping];
    const std::uint32_t mailbox = MailboxOf(ping);
    const std::uint32_t device = ping % shape_.devices;
    key.ping = ping;
    key.omitted = shape_.kind == Kind::kHot ? 0 : static_cast<std::uint8_t>((mailbox + 3 * device) % (kOmittable / 2));
    std::snprintf(text.data(), text.size(), "u%07u@example.org", mailbox);
    std::memcpy(key.mailbox_text.data(), text.data(), kMailboxBytes);
    const int bytes = 12 + static_cast<int>(ping % 5);
    std::snprintf(text.data(), text.size(), "Appl%0*u", bytes - 4, ping);
    key.device_bytes = static_cast<std::uint8_t>(bytes);
    std::memcpy(key.device_text.data(), text.data(), static_cast<std::size_t>(bytes));
  }
  if (shape_.kind == Kind::kShared) {
    for (std::uint32_t device = 0; device < shape_.devices; ++device) own_.push_back("own" + std::to_string(device));
  }
  if (shape_.kind == Kind::kLongIds) {
    long_ids_.resize(shape_.mailboxes * kFolders * kLongBytes);
    for (std::size_t i = 0; i < shape_.mailboxes * kFolders; ++i) {
      std::snprintf(text.data(), text.size(), "%08zx-5f2b-4c11-9d3e-%012zx", i * 2654435761 % 0xFFFFFFFF, i);
      std::memcpy(&long_ids_[i * kLongBytes], text.data(), kLongBytes);
    }
  }
}

void Keys::FillSteps() {
  std::mt19937_64 random(kSeed);
  order_.resize(keys_.size());
  for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
  std::shuffle(order_.begin(), order_.end(), random);

  std::vector<std::uint32_t> mailboxes(shape_.mailboxes);
  for (std::uint32_t i = 0; i < mailboxes.size(); ++i) mailboxes[i] = i;
  while (steps_[0].size() < kFewestSteps || steps_[0].empty()) {
    std::shuffle(mailboxes.begin(), mailboxes.end(), random);
    for (const std::uint32_t mailbox : mailboxes) {
      const auto device = static_cast<std::uint32_t>(random() % shape_.devices);
      Step step{.ping = mailbox * shape_.devices + device};
      const std::size_t which = shape_.kind == Kind::kShared ? kWatched - 1 : random() % kWatched;
      step.folder = WatchedBy(keys_[step.ping])[which];
      if (shape_.devices > 1 && shape_.kind == Kind::kOrdinary && random() % 2 == 0) {
        const auto other = static_cast<std::uint32_t>(1 + random() % (shape_.devices - 1));
        step.origin = mailbox * shape_.devices + (device + other) % shape_.devices;
      }
      steps_[mailbox % kLanes].push_back(step);
    }
  }
}

Folder Keys::FolderOf(std::uint32_t ping, std::uint16_t number) const {
  if (number >= kFolders) return {own_[number - kFolders], 0};
  if (shape_.kind != Kind::kLongIds) return kCommon[number];
  return {{&long_ids_[(MailboxOf(ping) * kFolders + number) * kLongBytes], kLongBytes}, kCommon[number].item_class};
}

std::array<std::uint16_t, kWatched> Keys::WatchedBy(const Key& key) const {
  std::array<std::uint16_t, kWatched> watched{};
  std::size_t count = 0;
  for (std::uint16_t folder = 0; folder < kOmittable && count < kWatched; ++folder) {
    if (folder % (kOmittable / 2) != key.omitted) watched[count++] = folder;
  }
  if (shape_.kind == Kind::kShared) watched.back() = static_cast<std::uint16_t>(kFolders + key.ping % shape_.devices);
  return watched;
}

bool Keys::Watches(const Key& key, std::uint16_t folder) const {
  const auto watched = WatchedBy(key);
  return std::find(watched.begin(), watched.end(), folder) != watched.end();
}

std::uint32_t Keys::Concerned(const Step& step) const {
  if (shape_.kind == Kind::kShared || shape_.devices == 1) return 1;
  if (shape_.kind == Kind::kHot) return shape_.devices;
  const std::uint32_t first = MailboxOf(step.ping) * shape_.devices;
  std::uint32_t count = 0;
  for (std::uint32_t ping = first; ping < first + shape_.devices; ++ping) count += ping != step.origin && Watches(keys_[ping], step.folder);
  return count;
}

std::array<char, kMailboxBytes> Keys::Absent(const Key& key) {
  std::array<char, kMailboxBytes> absent = key.mailbox_text;
  absent[0] = 'x';
  return absent;
}

}  // namespace mailwake::bench
