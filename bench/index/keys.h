// SPDX-License-Identifier: Apache-2.0
//
// Keys: the mailboxes, devices and folders of a benchmark, and the random order in which they are visited. Made before anything is
// measured, so that making a key costs nothing: one cache line a PING, fetched some steps ahead.
//
// Threads:    constant once made, but for `handle`, which belongs to the thread that holds the PING.
// Cost:       64 bytes a PING, 12 bytes a step.
// Invariants: (1) a mailbox belongs to lane `number % kLanes`, and each lane's steps visit its mailboxes only;
//             (2) every PING watches kWatched folders; the last two of the kFolders are watched by nobody;
//             (3) the same shape and seed make the same keys.
// Example:    Keys keys({.mailboxes = 1000, .devices = 2}); for (const Step& step : keys.steps(lane)) Use(keys[step.ping]);

#ifndef MAILWAKE_BENCH_INDEX_KEYS_H_
#define MAILWAKE_BENCH_INDEX_KEYS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailwake::bench {

inline constexpr int kLanes = 2;             // what two threads work on apart; one thread works on both
inline constexpr std::size_t kFolders = 12;  // of a mailbox
inline constexpr std::size_t kWatched = 8;   // by a PING
inline constexpr std::size_t kMailboxBytes = 20;
inline constexpr std::size_t kLongBytes = 36;  // of a folder id that is the mailbox's own

enum class Kind : std::uint8_t {
  kOrdinary,  // folder ids that all mailboxes share; each PING leaves out two of the first ten
  kLongIds,   // the same with ids of 36 characters, unique to each mailbox
  kHot,       // all devices of a mailbox watch the same folders
  kShared,    // devices watch seven folders together, and one each alone
};

struct Shape {
  std::size_t mailboxes = 2;  // at least kLanes
  std::uint32_t devices = 1;  // a mailbox
  Kind kind = Kind::kOrdinary;

  std::size_t pings() const { return mailboxes * devices; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

struct Folder {
  std::string_view id;
  std::uint8_t item_class = 0;  // 0 email, 1 calendar, 2 contacts, 3 tasks
};

// A PING: who asks.
struct alignas(64) Key {
  std::uint64_t handle = 0;  // what the index under test calls the PING
  std::uint32_t ping = 0;
  std::uint8_t omitted = 0;  // of the first ten folders, with the fifth after it
  std::uint8_t device_bytes = 0;
  std::array<char, kMailboxBytes> mailbox_text{};
  std::array<char, 16> device_text{};

  std::string_view mailbox() const { return {mailbox_text.data(), mailbox_text.size()}; }
  std::string_view device() const { return {device_text.data(), device_bytes}; }
};

// A change to come: in a folder that `ping` watches, perhaps made by another device of the mailbox.
struct Step {
  static constexpr std::uint32_t kNobody = 0xFFFFFFFF;
  std::uint32_t ping = 0;
  std::uint32_t origin = kNobody;  // a PING, standing for its device
  std::uint16_t folder = 0;
};

class Keys {
 public:
  explicit Keys(const Shape& shape);

  const Shape& shape() const { return shape_; }
  std::size_t pings() const { return keys_.size(); }
  Key& operator[](std::uint32_t ping) { return keys_[ping]; }
  const Key& operator[](std::uint32_t ping) const { return keys_[ping]; }
  std::uint32_t MailboxOf(std::uint32_t ping) const { return ping / shape_.devices; }
  int LaneOf(std::uint32_t ping) const { return static_cast<int>(MailboxOf(ping) % kLanes); }

  // Folder `number` of the PING's mailbox: below kFolders a common one, above one of a device's own.
  Folder FolderOf(std::uint32_t ping, std::uint16_t number) const;
  std::array<std::uint16_t, kWatched> WatchedBy(const Key& key) const;
  // How many PINGs the step's change concerns.
  std::uint32_t Concerned(const Step& step) const;

  std::span<const Step> steps(int lane) const { return steps_[static_cast<std::size_t>(lane)]; }
  // Every PING once, in random order.
  std::span<const std::uint32_t> order() const { return order_; }
  // A mailbox that nobody has heard of, in the lane of the PING: the same key with one letter changed.
  static std::array<char, kMailboxBytes> Absent(const Key& key);

 private:
  void FillKeys();
  void FillSteps();
  bool Watches(const Key& key, std::uint16_t folder) const;

  Shape shape_;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> order_;
  std::array<std::vector<Step>, kLanes> steps_;
  std::vector<std::string> own_;  // kShared: folder ids by device
  std::vector<char> long_ids_;    // kLongIds
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_KEYS_H_
