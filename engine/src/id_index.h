// SPDX-License-Identifier: Apache-2.0
//
// IdIndex: which number an id has: an open-addressed table of (tag of the id's hash, number), eight bytes an entry. It grows by moving a
// few entries with each insertion, so that no call does more than a bounded piece of work.
//
// Linear probing with deletion by moving back (Knuth, volume 3, 6.4, algorithm R). While it grows, an old table stands beside the new one:
// entries move over from its front, and what has moved or was erased there is marked as gone.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       Find, Erase O(1); Insert O(1), and kMoved entries moved at most. From 9 to 14 bytes an id.
// Invariants: (1) an entry stands in one of the tables; (2) each table has an empty entry, which ends every search;
//             (3) the old table is empty before the new one is full.
// Example:    index.Insert(tag, 7); index.Find(tag, [&](std::uint32_t number) { return names[number] == "inbox"; });

#ifndef MAILWAKE_SRC_ID_INDEX_H_
#define MAILWAKE_SRC_ID_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "engine/src/check.h"

namespace mailwake {

class IdIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  static constexpr std::size_t kMoved = 8;

  // The number with that tag for which `is(number)`; kNone if there is none.
  template <typename Is>
  std::uint32_t Find(std::uint32_t tag, Is is) const {
    const std::uint32_t found = FindIn(table_, tag, is);
    return found != kNone || old_.used == 0 ? found : FindIn(old_, tag, is);
  }

  // REQUIRES: the number is not there.
  void Insert(std::uint32_t tag, std::uint32_t number) {
    if (old_.used > 0) MoveSome();
    if ((table_.used + 1) * 8 > table_.capacity * 7) Grow();
    Put(tag, number);
  }

  // REQUIRES: the number is there.
  void Erase(std::uint32_t tag, std::uint32_t number) {
    const std::size_t at = PlaceOf(table_, tag, number);
    if (at != kNowhere) return Close(at);
    const std::size_t before = PlaceOf(old_, tag, number);
    MAILWAKE_CHECK(before != kNowhere);
    Leave(before);
  }

  std::size_t size() const { return table_.used + old_.used; }
  std::size_t moved() const { return moved_; }  // entries, ever, to grow
  std::size_t bytes() const { return (table_.capacity + old_.capacity) * sizeof(Entry); }

  // In no order. `visit` must not change the index.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Table* table : {&table_, &old_}) {
      for (std::size_t at = 0; at < table->capacity; ++at) {
        if (table->entries[at].state >= kFirst) visit(table->entries[at].state - kFirst);
      }
    }
  }

  // Dies if an invariant is broken.
  void CheckInvariants() const {
    for (const Table* table : {&table_, &old_}) {
      std::size_t used = 0;
      for (std::size_t at = 0; at < table->capacity; ++at) {
        const Entry& entry = table->entries[at];
        if (entry.state < kFirst) continue;
        ++used;
        MAILWAKE_CHECK(PlaceOf(*table, entry.tag, entry.state - kFirst) == at);
      }
      MAILWAKE_CHECK(used == table->used && (used < table->capacity || table->capacity == 0));
    }
  }

 private:
  static constexpr std::uint32_t kEmpty = 0;  // as fresh memory is
  static constexpr std::uint32_t kGone = 1;   // in the old table only
  static constexpr std::uint32_t kFirst = 2;
  static constexpr std::size_t kNowhere = SIZE_MAX;
  static constexpr std::size_t kLeast = 16;

  struct Entry {
    std::uint32_t tag;
    std::uint32_t state;  // number + kFirst
  };
  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }
  };
  struct Table {
    std::unique_ptr<Entry[], Free> entries;
    std::size_t capacity = 0;
    std::size_t used = 0;

    std::size_t Home(std::uint32_t tag) const { return static_cast<std::size_t>(std::uint64_t{tag} * capacity >> 32); }
    std::size_t Next(std::size_t at) const { return at + 1 == capacity ? 0 : at + 1; }
  };

  template <typename Is>
  static std::uint32_t FindIn(const Table& table, std::uint32_t tag, Is is) {
    if (table.used == 0) return kNone;
    for (std::size_t at = table.Home(tag); table.entries[at].state != kEmpty; at = table.Next(at)) {
      const Entry& entry = table.entries[at];
      if (entry.tag == tag && entry.state >= kFirst && is(entry.state - kFirst)) return entry.state - kFirst;
    }
    return kNone;
  }
  static std::size_t PlaceOf(const Table& table, std::uint32_t tag, std::uint32_t number) {
    if (table.used == 0) return kNowhere;
    for (std::size_t at = table.Home(tag); table.entries[at].state != kEmpty; at = table.Next(at)) {
      if (table.entries[at].state == number + kFirst) return at;
    }
    return kNowhere;
  }

  void Put(std::uint32_t tag, std::uint32_t number) {
    std::size_t at = table_.Home(tag);
    while (table_.entries[at].state != kEmpty) at = table_.Next(at);
    table_.entries[at] = {tag, number + kFirst};
    ++table_.used;
  }

  // Empties the place, and moves back what could stand nearer to its home.
  void Close(std::size_t hole) {
    --table_.used;
    for (std::size_t at = table_.Next(hole); table_.entries[at].state != kEmpty; at = table_.Next(at)) {
      const std::size_t home = table_.Home(table_.entries[at].tag);
      const bool after_hole = hole <= at ? hole < home && home <= at : hole < home || home <= at;
      if (after_hole) continue;
      table_.entries[hole] = table_.entries[at];
      hole = at;
    }
    table_.entries[hole] = {0, kEmpty};
  }

  // Out of the old table.
  void Leave(std::size_t at) {
    old_.entries[at].state = kGone;
    if (--old_.used == 0) old_ = {};
  }

  void MoveSome() {
    for (std::size_t moved = 0; moved < kMoved && old_.used > 0; ++swept_) {
      const Entry entry = old_.entries[swept_];
      if (entry.state < kFirst) continue;
      Put(entry.tag, entry.state - kFirst);
      Leave(swept_);
      ++moved;
      ++moved_;
    }
  }

  void Grow() {
    MAILWAKE_CHECK(old_.used == 0);
    const std::size_t capacity = table_.capacity == 0 ? kLeast : table_.capacity + table_.capacity / 2;
    old_ = std::move(table_);
    swept_ = 0;
    table_ = {};
    table_.entries.reset(static_cast<Entry*>(std::calloc(capacity, sizeof(Entry))));  // large ones are zeroed page by page, when used
    MAILWAKE_CHECK(table_.entries != nullptr);
    table_.capacity = capacity;
    MoveSome();
  }

  Table table_;
  Table old_;
  std::size_t moved_ = 0;
  std::size_t swept_ = 0;  // places of the old table that have been emptied
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_ID_INDEX_H_
