// SPDX-License-Identifier: Apache-2.0
//
// The comparison: may a PING end so, had one to end, and what is true at any time.

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <limits>
#include <utility>

#include "tests/index/index_player.h"

namespace mailwake::testing {
namespace {

// The engine's walk over everything is slow where there is much to walk over.
constexpr std::uint64_t kLookEvery = 4'096;
constexpr std::uint64_t kWalkEvery = 4 * kLookEvery;
constexpr std::uint64_t kNarrowLookEvery = 64;

}  // namespace

PingModel& IndexPlayer::NewPing() {
  if (spare_.empty()) spare_.push_back(&pings_.emplace_back());
  PingModel& ping = *spare_.back();
  spare_.pop_back();
  ping.player = this;
  ping.id = {};
  ping.held = true;
  ping.due = false;
  ping.forced.reset();
  ping.refusal = Refusal::kNone;
  return ping;
}

void IndexPlayer::Due(PingModel& ping) {
  if (ping.due) return;
  ping.due = true;
  due_.push_back(&ping);
}

void IndexPlayer::Force(PingModel& ping, EndReason reason, Refusal refusal) {
  const DeviceModel& holder = ping.mailbox->devices[static_cast<std::size_t>(ping.device)];
  if (holder.waits[static_cast<std::size_t>(ping.kind)] == &ping) ping.mailbox->Leave(ping);
  ping.forced = reason;
  ping.refusal = refusal;
  Due(ping);
}

// ---- Ends

// A literal, or null if the PING may end so: it is asked millions of times.
const char* IndexPlayer::WhyNot(const PingModel& ping, const PingEnd& end) const {
  const MailboxModel& box = *ping.mailbox;
  if (end.reason != EndReason::kChanged && !end.folders.empty()) return "it names folders";
  if (ping.forced) {
    if (end.reason != *ping.forced) return "it was to end in another way";
    return end.refusal == ping.refusal ? nullptr : "it is another refusal";
  }
  if (end.reason == EndReason::kExpired) {
    if (now_ < ping.earliest) return "P6: its heartbeat has not ended";
    return box.Behind(ping) ? "P1: its device is behind" : nullptr;
  }
  if (end.reason != EndReason::kChanged) return "nobody asked for that";
  if (end.folders.empty()) return "it names no folder";
  std::bitset<std::numeric_limits<Number>::max() + 1> named;
  for (const std::string_view name : end.folders) {
    const std::optional<Number> folder = FolderOf(name);
    if (!folder || !ping.Watches(*folder)) return "P2: it names a folder that it does not watch";
    if (!box.Behind(ping.device, *folder)) return "P2: it names a folder in which its device is not behind";
    if (named[*folder]) return "it names a folder twice";
    named.set(*folder);
  }
  for (const Number folder : ping.folders) {
    if (!named[folder] && box.Behind(ping.device, folder)) return "P1: it leaves out a folder in which its device is behind";
  }
  return nullptr;
}

void IndexPlayer::Ended(PingModel& ping, const PingEnd& end) {
  ++callbacks_;
  if (failed()) return;
  if (!delivering_) return Fail(ping.mailbox, "P3: a PING ended outside of a delivery");
  if (!ping.held || ping.id != end.id) return Fail(ping.mailbox, "P3: a PING ended twice");
  MailboxModel& box = *ping.mailbox;
  if (const char* why_not = WhyNot(ping, end)) {
    std::string how = absl::StrCat(std::string(Name(end.reason)), " ", std::string(Name(end.refusal)), " {");
    for (const std::string_view folder : end.folders) absl::StrAppend(&how, " ", std::string(folder));
    return Fail(&box, absl::StrCat("a PING of ", DeviceId(ping.device), " ended ", how, " }: ", why_not));
  }
  CountEnd(ping, end);
  if (end.reason == EndReason::kChanged) ++box.devices[static_cast<std::size_t>(ping.device)].told;
  if (!ping.forced) box.Leave(ping);
  ping.held = false;
  ended_.push_back(&ping);
  box.ended[box.ends++ % box.ended.size()] = {ping.id, ping.device, ping.kind};
}

void IndexPlayer::CountEnd(const PingModel& ping, const PingEnd& end) {
  MailboxModel& box = *ping.mailbox;
  const bool very_many = box.waiting.size() >= kVeryMany;
  if (end.reason == EndReason::kExpired) ++situations_[very_many ? Situation::kExpiredOfVeryMany : Situation::kExpired];
  if (end.reason == EndReason::kCancelled) ++situations_[Situation::kCancelled];
  if (end.reason != EndReason::kChanged) return;
  ++woken_;
  if (woken_in_ != nullptr && woken_in_ != &box) woken_in_several_ = true;
  woken_in_ = &box;
  if (end.folders.size() > 1) ++situations_[Situation::kWokenBySeveral];
  if (ping.kind == PingKind::kSync) ++situations_[Situation::kHangingSyncWoken];
  if (end.folders.size() > 63) ++situations_[Situation::kWokenByOver63];
}

// The loop that takes the ends is late at times, or takes only some.
bool IndexPlayer::Settle(MailboxModel& box) {
  if (failed()) return false;
  bool all = false;
  if (late_ == 0) {
    const unsigned roll = Below(100);
    const std::size_t most = roll < 3 ? 1 + Below(3) : SIZE_MAX;
    all = Deliver(most, [this, most] { return engine_->Deliver(0, most); });
    if (roll > 95) late_ = 1 + Below(6);
  } else {
    --late_;
  }
  CountWaiting(box);
  if (!failed() && operations_ % (narrow_ ? kNarrowLookEvery : kLookEvery) == 0) CheckAll();
  return all && !failed();
}

bool IndexPlayer::Deliver(std::size_t most, const std::function<std::size_t()>& deliver) {
  callbacks_ = woken_ = 0;
  woken_in_ = nullptr;
  woken_in_several_ = false;
  delivering_ = true;
  const std::size_t delivered = deliver();
  delivering_ = false;
  if (delivered != callbacks_ || delivered > most) Fail(last_, absl::StrCat(delivered, " ends were delivered, ", callbacks_, " came"));
  const bool all = most == SIZE_MAX;
  std::size_t kept = 0;
  for (PingModel* ping : due_) {
    if (ping->held && !all) {
      due_[kept++] = ping;
      continue;
    }
    ping->due = false;
    if (!ping->held || failed()) continue;
    const bool had_to = ping->forced || ping->mailbox->Behind(*ping);
    if (had_to) {
      Fail(ping->mailbox, absl::StrCat("the PING of ", DeviceId(ping->device), " had to end ",
                                       std::string(Name(ping->forced.value_or(EndReason::kChanged))), " and did not"));
    }
  }
  due_.resize(kept);
  for (PingModel* ping : ended_) spare_.push_back(ping);
  ended_.clear();
  return all;
}

// ---- At any time

void IndexPlayer::CountWaiting(MailboxModel& box) {
  const std::size_t waits = box.waiting.size();
  if (waits > 250) ++situations_[Situation::kOver250];
  if (waits >= kVeryMany) {
    if (box.few) ++situations_[Situation::kFewToVeryMany];
    box.few = false;
    box.many = box.emptying = box.crowded = true;
  } else if (waits <= kFew) {
    if (box.many) ++situations_[Situation::kVeryManyToFew];
    box.few = true;
    box.many = false;
  }
  if (waits == 0 && std::exchange(box.emptying, false)) ++situations_[Situation::kVeryManyToNone];
  if (waits == 1) {
    const DeviceIndex device = box.waiting[0]->device;
    if (std::exchange(box.joined, false) && device == box.alone) ++situations_[Situation::kSecondDevice];
    box.alone = device;
  } else {
    box.joined = waits == 2 && box.waiting[0]->device != box.waiting[1]->device;
  }
}

void IndexPlayer::WasRead(const std::string& mailbox) {
  std::size_t number = 0;
  const std::size_t dash = mailbox.find('-');
  std::from_chars(mailbox.data() + dash + 1, mailbox.data() + mailbox.size(), number);
  MailboxModel& box = *mailboxes_[number];
  if (++box.loads == 1) return;
  ++situations_[Situation::kReadAgain];
  if (std::exchange(box.crowded, false)) ++situations_[Situation::kCrowdReadAgain];
}

void IndexPlayer::CheckAll() {
  std::vector<PingId> expected;
  for (const auto& box : mailboxes_) {
    for (const PingModel* ping : box->waiting) expected.push_back(ping->id);
  }
  const std::uint64_t held = engine_->stats().pings_held;
  if (held != expected.size()) return Fail(nullptr, absl::StrCat(held, " PINGs are held; it should be ", expected.size()));
  std::vector<PingId> listed;
  for (const PingView& ping : engine_->Pings(SIZE_MAX)) listed.push_back(ping.id);
  std::sort(expected.begin(), expected.end());
  std::sort(listed.begin(), listed.end());
  if (listed != expected) return Fail(nullptr, "Pings lists others than those that wait");
  const std::optional<Time> deadline = engine_->next_deadline();
  while (!deadlines_.empty() && (!deadlines_.top().ping->held || deadlines_.top().ping->id != deadlines_.top().id)) deadlines_.pop();
  if (!expected.empty() && (!deadline || *deadline > deadlines_.top().latest)) Fail(nullptr, "P6: the next deadline is too late");
  if (narrow_ || operations_ % kWalkEvery == 0) engine_->CheckInvariants();
}

void IndexPlayer::Fail(MailboxModel* box, std::string what) {
  if (failed()) return;
  failure_ = box == nullptr ? std::move(what) : absl::StrCat(box->id, ": ", what);
  if (box != nullptr) last_ = box;
}

std::string IndexPlayer::Report() const {
  std::string report = absl::StrCat("seed ", seed_, ", operation ", operations_, ": ", failure_, "\n");
  absl::StrAppend(&report, "MAILWAKE_INDEX_SEED=", seed_, " MAILWAKE_INDEX_OPERATIONS=", finished_at_.value_or(operations_),
                  " index_model_test repeats it\n");
  if (last_ == nullptr) return report;
  absl::StrAppend(&report, last_->id, " has ", last_->devices.size(), " devices, ", last_->folders, " folders; ", last_->waiting.size(),
                  " PINGs wait; now it is ", now_.time_since_epoch().count(), " ms. The last operations there:\n", last_->history.Text());
  return report;
}

}  // namespace mailwake::testing
