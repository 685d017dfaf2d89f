// SPDX-License-Identifier: Apache-2.0
//
// Publisher: what happens in the mailboxes, and how the mail server's hooks report it: late, twice, in another order, in bursts, and again
// until it is acknowledged. Declares folder lists too, in which folders go, come again, and come again with another class.
//
// Threads:    one thread.
// Invariants: (1) a change is reported until it was acknowledged; (2) one that carries the host's own number never overtakes another of its
//             folder; (3) nothing is reported before it can be read, unless the profile has publishers that do.
// Example:    publisher.Start(); ... publisher.OwnChange(mailbox, folder, device);

#ifndef MAILWAKE_TESTS_SIM_PUBLISHER_H_
#define MAILWAKE_TESTS_SIM_PUBLISHER_H_

#include <absl/status/status.h>

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "mailwake/types.h"
#include "tests/sim/model.h"
#include "tests/sim/world.h"

namespace mailwake::sim {

class Publisher {
 public:
  explicit Publisher(World& world) : world_(world) {}

  void Start();
  // The device changes something, in a Sync of its own.
  void OwnChange(int mailbox, int folder, int device);
  // In a moment in which, if all is well, nothing can happen in the mailbox, something may.
  void Interrupt(int mailbox);
  // Somebody else changes what a Sync has just read.
  void Meddle(int mailbox, int folder);
  // Answers that are outstanding will not come.
  void ServerGone();
  // Nothing is left to report.
  bool done() const { return open_ == 0; }

 private:
  // A change on its way to be acknowledged.
  struct Report {
    int mailbox = 0;
    int folder = 0;
    int origin = kNobody;
    std::uint64_t content = 0;
    bool host_version = false;
    Time at{};  // not before
    Seq first = 0;
    bool last = true;  // of this change; the others are repeats that nobody waits for
    // Of the attempt that is under way.
    Seq attempt = 0;
    ItemClass item_class = ItemClass::kEmail;
    Version written_before = 0;
  };
  using ReportPtr = std::shared_ptr<Report>;
  struct List {
    std::vector<FolderRef> folders;
    Seq first = 0;
    bool under_way = false;
    bool wanted = false;
  };
  struct Call;

  void NextChange(int mailbox);
  void NextListChange(int mailbox);
  int PickOrigin();
  int PickFolder(int mailbox);
  void Change(int mailbox, int folder, int origin);
  void Announce(const ReportPtr& report, Time at);
  void Masked(int mailbox, int folder);
  void TakeTurn(const ReportPtr& report);
  std::vector<ReportPtr> TakeBatches(int mailbox);
  void Send(const std::vector<ReportPtr>& reports);
  void Sent(const std::shared_ptr<Call>& call);
  void Answered(const ReportPtr& report, const absl::Status& status, bool readable);
  void Retry(const ReportPtr& report);
  void Done(const ReportPtr& report);
  void Declare(int mailbox);
  void DeclareAnswered(int mailbox, Seq attempt, const absl::Status& status);

  World& world_;
  std::size_t open_ = 0;
  std::vector<std::shared_ptr<Call>> calls_;                     // under way, in the order of the calls
  std::map<std::pair<int, int>, std::deque<ReportPtr>> queues_;  // of folders whose changes carry numbers
  std::map<int, std::vector<ReportPtr>> batches_;                // that wait to be sent with the mailbox's next
  std::map<int, List> lists_;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_PUBLISHER_H_
