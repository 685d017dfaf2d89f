// SPDX-License-Identifier: Apache-2.0
//
// MailboxTable: the mailboxes of one shard that are in memory, by id, and those of them that nothing needs, least recently used first.
//
// Threads:    none of its own; every call REQUIRES the shard's lock.
// Cost:       every call O(1), but ForEach; a mailbox's address stays.
// Invariants: (1) ids are unique; (2) `idle` mailboxes are in the idle list, once.
// Example:    Mailbox* mailbox = table.Find(key); if (mailbox == nullptr) mailbox = &table.Emplace(key, pool);

#ifndef MAILWAKE_SRC_MAILBOX_TABLE_H_
#define MAILWAKE_SRC_MAILBOX_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "engine/src/check.h"
#include "engine/src/id_hash.h"
#include "engine/src/id_index.h"
#include "engine/src/mailbox.h"
#include "engine/src/slab.h"

namespace mailwake {

class MailboxTable {
 public:
  MailboxTable() = default;
  ~MailboxTable() {
    index_.ForEach([this](std::uint32_t number) { mailboxes_.Erase(number); });
  }
  MailboxTable(const MailboxTable&) = delete;
  MailboxTable& operator=(const MailboxTable&) = delete;

  Mailbox* Find(const MailboxKey& key) const {
    return Find(key, [](const Mailbox&) {});
  }
  // `foresee` may ask for what else will be touched, while the mailbox itself is on its way from memory.
  template <typename Foresee>
  Mailbox* Find(const MailboxKey& key, Foresee foresee) const {
    const std::uint32_t number = index_.Find(TagOf(key), [&](std::uint32_t at) {
      mailboxes_[at].Prefetch();
      foresee(mailboxes_[at]);
      return SameId(mailboxes_[at].id(), key.id);
    });
    return number == IdIndex::kNone ? nullptr : &const_cast<MailboxTable*>(this)->mailboxes_[number];
  }

  // REQUIRES: it is not there.
  Mailbox& Emplace(const MailboxKey& key, BlockPool& pool) {
    const std::uint32_t number = mailboxes_.Emplace(key.id, pool);
    index_.Insert(TagOf(key), number);
    Mailbox& mailbox = mailboxes_[number];
    mailbox.place = number;
    mailbox.tag = TagOf(key);
    return mailbox;
  }

  // REQUIRES: it is not idle.
  void Erase(Mailbox& mailbox) {
    MAILWAKE_CHECK(!mailbox.idle);
    index_.Erase(mailbox.tag, mailbox.place);
    mailboxes_.Erase(mailbox.place);
  }

  std::size_t size() const { return index_.size(); }
  std::size_t bytes() const { return mailboxes_.bytes() + index_.bytes(); }
  template <typename Visit>
  void ForEach(Visit visit) const {
    index_.ForEach([&](std::uint32_t number) { visit(const_cast<MailboxTable*>(this)->mailboxes_[number]); });
  }

  // ---- The idle list

  Mailbox* first_idle() { return idle_first_ == IdIndex::kNone ? nullptr : &mailboxes_[idle_first_]; }
  // At the end. REQUIRES: not idle.
  void LinkIdle(Mailbox& mailbox) {
    mailbox.idle = true;
    mailbox.idle_previous = idle_last_;
    mailbox.idle_next = IdIndex::kNone;
    (idle_last_ == IdIndex::kNone ? idle_first_ : mailboxes_[idle_last_].idle_next) = mailbox.place;
    idle_last_ = mailbox.place;
  }
  // REQUIRES: idle.
  void UnlinkIdle(Mailbox& mailbox) {
    (mailbox.idle_previous == IdIndex::kNone ? idle_first_ : mailboxes_[mailbox.idle_previous].idle_next) = mailbox.idle_next;
    (mailbox.idle_next == IdIndex::kNone ? idle_last_ : mailboxes_[mailbox.idle_next].idle_previous) = mailbox.idle_previous;
    mailbox.idle = false;
  }

  void CheckInvariants() const {
    index_.CheckInvariants();
    std::size_t idle = 0, listed = 0;
    ForEach([&](const Mailbox& mailbox) {
      mailbox.CheckInvariants();
      MAILWAKE_CHECK(Find(mailbox.id()) == &mailbox);
      idle += mailbox.idle;
    });
    for (std::uint32_t at = idle_first_; at != IdIndex::kNone; at = mailboxes_[at].idle_next) listed += mailboxes_[at].idle;
    MAILWAKE_CHECK(idle == listed && mailboxes_.used() == index_.size());
  }

 private:
  static std::uint32_t TagOf(const MailboxKey& key) { return static_cast<std::uint32_t>(key.hash); }

  Slab<Mailbox> mailboxes_;
  IdIndex index_;
  std::uint32_t idle_first_ = IdIndex::kNone;
  std::uint32_t idle_last_ = IdIndex::kNone;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_MAILBOX_TABLE_H_
