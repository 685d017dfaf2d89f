// SPDX-License-Identifier: Apache-2.0
//
// MailHost: the mail server whose mailboxes are watched: folder lists, and in each folder changes with the time from which they can be
// read. A folder's content is a number: how many changes it has had. Gives a Sync what can be read at that moment.
//
// Threads:    one thread.
// Invariants: changes of a folder become readable in their order.
// Example:    host.Write(3, 0, kNobody, readable_at); auto given = host.Read(3, 0, have, now);

#ifndef MAILWAKE_TESTS_SIM_MAIL_HOST_H_
#define MAILWAKE_TESTS_SIM_MAIL_HOST_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "mailwake/types.h"
#include "tests/sim/model.h"
#include "tests/sim/names.h"

namespace mailwake::sim {

class MailHost {
 public:
  struct Folder {
    ItemClass item_class = ItemClass::kEmail;
    bool exists = true;
    std::uint64_t written = 0;
    std::uint64_t readable = 0;
    std::deque<std::pair<std::uint64_t, Time>> becoming;  // content, and when it can be read
    std::vector<std::pair<int, std::uint64_t>> latest;    // content of the last change by each origin
    std::uint64_t early = 0;                              // the last change that was reported too early
  };
  struct Mailbox {
    bool declared = false;
    bool host_versions = false;
    std::vector<Folder> folders;

    std::vector<FolderRef> List() const;
  };

  explicit MailHost(std::size_t mailboxes) : mailboxes_(mailboxes) {}

  Mailbox& mailbox(int number) { return mailboxes_[static_cast<std::size_t>(number)]; }
  const Mailbox& mailbox(int number) const { return mailboxes_[static_cast<std::size_t>(number)]; }
  Folder& folder(int mailbox, int folder) {
    return mailboxes_[static_cast<std::size_t>(mailbox)].folders[static_cast<std::size_t>(folder)];
  }
  int mailboxes() const { return static_cast<int>(mailboxes_.size()); }

  // A change; answers its content number.
  std::uint64_t Write(int mailbox, int folder, int origin, Time readable_at);
  // What a device that has `have` is given: at most `most` changes more. The number that it has then, and whether there is more.
  struct Given {
    std::uint64_t content = 0;
    bool more = false;
  };
  Given Read(int mailbox, int folder, std::uint64_t have, std::uint64_t most, Time now);
  // The last change that the device has not made itself.
  std::uint64_t LatestFor(int mailbox, int folder, int device) const;

 private:
  std::vector<Mailbox> mailboxes_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_MAIL_HOST_H_
