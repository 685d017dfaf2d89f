// SPDX-License-Identifier: Apache-2.0
//
// SlotList: a doubly linked list of objects in a table, linked by 32-bit slot numbers inside the objects.
//
// Threads:    none of its own.
// Cost:       every call O(1), but ForEach. No allocation.
// Invariants: (1) head and tail are both set or both kNoSlot; (2) an object's links belong to one list at a time.
//
// `links(slot)` gives the Links& of an object.

#ifndef MAILWAKE_SRC_SLOT_LIST_H_
#define MAILWAKE_SRC_SLOT_LIST_H_

#include <cstdint>

namespace mailwake {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xFFFF'FFFF;

struct Links {
  Slot previous = kNoSlot;
  Slot next = kNoSlot;
};

class SlotList {
 public:
  bool empty() const { return head_ == kNoSlot; }
  Slot front() const { return head_; }

  template <typename LinksOf>
  void PushBack(Slot slot, LinksOf links) {
    links(slot) = {tail_, kNoSlot};
    (tail_ == kNoSlot ? head_ : links(tail_).next) = slot;
    tail_ = slot;
  }

  template <typename LinksOf>
  void Remove(Slot slot, LinksOf links) {
    const Links at = links(slot);
    (at.previous == kNoSlot ? head_ : links(at.previous).next) = at.next;
    (at.next == kNoSlot ? tail_ : links(at.next).previous) = at.previous;
    links(slot) = {};
  }

  // kNoSlot if empty.
  template <typename LinksOf>
  Slot PopFront(LinksOf links) {
    const Slot slot = head_;
    if (slot != kNoSlot) Remove(slot, links);
    return slot;
  }

  // Moves everything of `other` to the end of this list.
  template <typename LinksOf>
  void Splice(SlotList& other, LinksOf links) {
    if (other.empty()) return;
    if (empty()) {
      head_ = other.head_;
    } else {
      links(tail_).next = other.head_;
      links(other.head_).previous = tail_;
    }
    tail_ = other.tail_;
    other = {};
  }

  template <typename LinksOf, typename Visit>
  void ForEach(LinksOf links, Visit visit) const {
    for (Slot slot = head_; slot != kNoSlot;) {
      const Slot next = links(slot).next;  // before `visit`, which may take it out
      visit(slot);
      slot = next;
    }
  }

 private:
  Slot head_ = kNoSlot;
  Slot tail_ = kNoSlot;
};

// A queue of such objects, linked one way. `next(slot)` gives the Slot& of an object.
class SlotQueue {
 public:
  bool empty() const { return head_ == kNoSlot; }

  template <typename NextOf>
  void Push(Slot slot, NextOf next) {
    next(slot) = kNoSlot;
    (head_ == kNoSlot ? head_ : next(tail_)) = slot;
    tail_ = slot;
  }

  // REQUIRES: not empty.
  template <typename NextOf>
  Slot Pop(NextOf next) {
    const Slot slot = head_;
    head_ = next(slot);
    return slot;
  }

 private:
  Slot head_ = kNoSlot;
  Slot tail_ = kNoSlot;  // means something if there is a head
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_SLOT_LIST_H_
