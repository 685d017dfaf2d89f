// SPDX-License-Identifier: Apache-2.0
//
// The words that every other header uses: time, versions, item classes, changes, folders.
//
// Threads:    plain values; functions are pure.
// Ownership:  a `std::string_view` in a struct that is passed to the engine need only live for the call.
// Example:    Change c{.mailbox = "ann@example.org", .folder = "inbox", .item_class = ItemClass::kEmail};

#ifndef MAILWAKE_TYPES_H_
#define MAILWAKE_TYPES_H_

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailwake {

// Time as the caller gives it. The core reads no clock of its own.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

// Stands for a change. 0 means "never". Grows within a mailbox, across restarts too.
using Version = std::uint64_t;

inline constexpr std::size_t kMaxIdBytes = 64;        // folder ids (MS-ASCMD, ServerId)
inline constexpr std::size_t kMaxDeviceBytes = 64;    // device ids
inline constexpr std::size_t kMaxMailboxBytes = 320;  // local part, '@', domain (RFC 3696)

enum class ItemClass : std::uint8_t { kEmail, kCalendar, kContacts, kTasks, kNotes };
inline constexpr std::size_t kItemClasses = 5;

enum class ChangeKind : std::uint8_t { kAdded, kChanged, kDeleted, kFlags };
inline constexpr std::size_t kChangeKinds = 4;

// Lower-case names as scripts write them: "email", "added", ...
std::string_view Name(ItemClass item_class);
std::string_view Name(ChangeKind kind);
std::optional<ItemClass> ParseItemClass(std::string_view name);
std::optional<ChangeKind> ParseChangeKind(std::string_view name);

// Something happened in a folder. Publish it after it is readable, never before. A move is two changes.
struct Change {
  std::string_view mailbox;
  std::string_view folder;
  ItemClass item_class = ItemClass::kEmail;
  ChangeKind kind = ChangeKind::kAdded;
  // The device that made the change, and so needs no wake for it. Empty: everybody's.
  std::string_view device = {};
  // The host's own number (an IMAP modseq): a repeat at or below the last one of the folder changes nothing.
  std::optional<std::uint64_t> host_version = std::nullopt;
};

// A folder as a PING names it.
struct WatchedFolder {
  std::string_view id;
  ItemClass item_class = ItemClass::kEmail;
};

// A folder of a declared folder list. `type` is the protocol's own number (MS-ASCMD 2.2.3.186.3), 0 if the class says enough.
struct DeclaredFolder {
  std::string id;
  std::string name;
  ItemClass item_class = ItemClass::kEmail;
  int type = 0;
  std::string parent = {};

  friend bool operator==(const DeclaredFolder&, const DeclaredFolder&) = default;
};

// A short text that owns its bytes and allocates nothing. One that is too long becomes empty, which no id is.
template <std::size_t kMost>
class FixedText {
 public:
  FixedText() = default;
  template <std::convertible_to<std::string_view> Text>
  FixedText(const Text& from) {  // NOLINT: implicit, as a string
    const std::string_view text = from;
    if (text.size() <= kMost) size_ = static_cast<std::uint16_t>(text.copy(bytes_, kMost));
  }
  FixedText(const FixedText& other) : FixedText(other.view()) {}
  FixedText& operator=(const FixedText& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    other.view().copy(bytes_, size_);
    return *this;
  }

  std::string_view view() const { return {bytes_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT: as a string
  friend bool operator==(const FixedText& a, std::string_view b) { return a.view() == b; }

 private:
  std::uint16_t size_ = 0;
  char bytes_[kMost];
};

}  // namespace mailwake

#endif  // MAILWAKE_TYPES_H_
