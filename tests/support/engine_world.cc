// SPDX-License-Identifier: Apache-2.0

#include "tests/support/engine_world.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include <algorithm>
#include <utility>

namespace mailwake::testing {
namespace {

// More deliveries than this at one moment: the engine spins.
constexpr int kMostSteps = 10'000;

std::string Describe(Ping ping, EndReason reason, Refusal refusal, std::vector<std::string> folders) {
  std::sort(folders.begin(), folders.end());
  std::string text = absl::StrCat("PING ", ping.number, " ", std::string(Name(reason)));
  if (refusal != Refusal::kNone) absl::StrAppend(&text, " (", std::string(Name(refusal)), ")");
  if (!folders.empty()) absl::StrAppend(&text, " {", absl::StrJoin(folders, " "), "}");
  return text;
}

std::string Lines(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, "\n");
}

}  // namespace

ItemClass ClassOf(std::string_view folder) {
  if (folder.starts_with("cal")) return ItemClass::kCalendar;
  if (folder.starts_with("con")) return ItemClass::kContacts;
  if (folder.starts_with("task")) return ItemClass::kTasks;
  if (folder.starts_with("note")) return ItemClass::kNotes;
  return ItemClass::kEmail;
}

std::vector<WatchedFolder> Watch(const std::vector<std::string>& folders) {
  std::vector<WatchedFolder> watched;
  for (const std::string& folder : folders) watched.push_back({folder, ClassOf(folder)});
  return watched;
}

std::vector<DeclaredFolder> Declare(const std::vector<std::string>& folders) {
  std::vector<DeclaredFolder> declared;
  for (const std::string& folder : folders) declared.push_back({.id = folder, .name = folder, .item_class = ClassOf(folder)});
  return declared;
}

EngineWorld::EngineWorld(Options options, std::shared_ptr<FakeDisk> disk)
    : disk_(std::move(disk)), options_(std::move(options)), now_(std::chrono::sys_days(std::chrono::year{2024} / 3 / 1)) {
  options_.clock = [this] { return now_; };
  options_.deadline_moved = [this] { moved_ = true; };
  Open();
}

EngineWorld::~EngineWorld() { Drop(); }

void EngineWorld::Open() {
  store_ = std::make_unique<FakeStore>(disk_);
  auto engine = Engine::Create(options_, *store_);
  if (!engine.ok()) {
    ADD_FAILURE() << engine.status();
    std::abort();
  }
  engine_ = *std::move(engine);
  for (const auto& loop : loops_) engine_->AddLoop([loop] { loop->ready = true; });
  moved_ = false;
  armed_ = engine_->next_deadline();
}

// ---- PINGs -----------------------------------------------------------------------------------------------------------------------------

Ping EngineWorld::Hold(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders,
                       std::chrono::seconds heartbeat, PingKind kind) {
  return Hold({.mailbox = mailbox, .device = device, .heartbeat = heartbeat, .folders = Watch(folders), .kind = kind});
}

Ping EngineWorld::Hold(const PingRequest& request) {
  const Ping ping{records_.size()};
  records_.emplace_back();
  holding_ = true;
  const PingId id = engine_->Hold(request, [this, ping](const PingEnd& end) { Note(ping.number, end); });
  holding_ = false;
  EXPECT_NE(id.value, 0u);
  records_[ping.number].id = id;
  AfterCall();
  return ping;
}

bool EngineWorld::Cancel(Ping ping) {
  const bool was_live = live(ping);
  const bool won = engine_->Cancel(id(ping));
  EXPECT_TRUE(was_live || !won) << "Cancel won PING " << ping.number << " which had ended";
  AfterCall();
  if (won && !live(ping)) {
    EXPECT_EQ(ended(ping).reason, EndReason::kCancelled);
  }
  return won;
}

void EngineWorld::Note(std::size_t number, const PingEnd& end) {
  Record& record = records_.at(number);
  EXPECT_FALSE(record.ended) << "PING " << number << " ended twice";
  EXPECT_FALSE(record.dropped) << "PING " << number << " ended after its engine went";
  EXPECT_FALSE(holding_) << "PING " << number << " ended inside Hold";
  EXPECT_FALSE(in_callback_) << "PING " << number << " ended inside the callback of another";
  EXPECT_TRUE(delivering_) << "PING " << number << " ended outside advance() and Deliver()";
  EXPECT_EQ(end.id, record.id);
  Ended ended{.ping = {number}, .reason = end.reason, .refusal = end.refusal, .bound = end.bound, .retry_after = end.retry_after};
  for (std::string_view folder : end.folders) ended.folders.emplace_back(folder);
  ended.time = now_;
  record.ended = ended;
  fresh_.push_back(ended);
  in_callback_ = true;
  if (on_end_) on_end_(ended);
  in_callback_ = false;
}

// ---- Changes and syncs -----------------------------------------------------------------------------------------------------------------

std::shared_ptr<Answer> EngineWorld::NewAnswer(Engine::DoneCallback* done) {
  auto answer = std::make_shared<Answer>();
  answers_.push_back(answer);
  *done = [answer](absl::Status status) {
    EXPECT_EQ(answer->calls, 0) << "answered twice";
    ++answer->calls;
    answer->status = std::move(status);
  };
  return answer;
}

AnswerPtr EngineWorld::Publish(const std::string& mailbox, const std::string& folder, const std::string& device) {
  return Publish({{.mailbox = mailbox, .folder = folder, .item_class = ClassOf(folder), .device = device}});
}

AnswerPtr EngineWorld::Publish(const std::vector<Change>& changes) {
  Engine::DoneCallback done;
  auto answer = NewAnswer(&done);
  engine_->Publish(changes, std::move(done));
  AfterCall();
  return answer;
}

AnswerPtr EngineWorld::SetFolders(const std::string& mailbox, const std::vector<std::string>& folders) {
  return SetFolders(mailbox, Declare(folders));
}

AnswerPtr EngineWorld::SetFolders(const std::string& mailbox, std::vector<DeclaredFolder> folders) {
  Engine::DoneCallback done;
  auto answer = NewAnswer(&done);
  engine_->SetFolders(mailbox, std::move(folders), std::move(done));
  AfterCall();
  return answer;
}

AnswerPtr EngineWorld::Suspect(std::optional<std::string_view> mailbox) {
  Engine::DoneCallback done;
  auto answer = NewAnswer(&done);
  engine_->Suspect(mailbox, std::move(done));
  AfterCall();
  return answer;
}

AnswerPtr EngineWorld::Sync(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders) {
  return EndSync(BeginSync(mailbox, device), folders);
}

SyncTicket EngineWorld::BeginSync(const std::string& mailbox, const std::string& device) {
  SyncTicket ticket = engine_->BeginSync(mailbox, device);
  AfterCall();
  return ticket;
}

AnswerPtr EngineWorld::EndSync(const SyncTicket& ticket, const std::vector<std::string>& folders) {
  const std::vector<std::string_view> views(folders.begin(), folders.end());
  Engine::DoneCallback done;
  auto answer = NewAnswer(&done);
  engine_->EndSync(ticket, views, std::move(done));
  AfterCall();
  return answer;
}

AnswerPtr EngineWorld::ResetCursor(const std::string& mailbox, const std::string& device, const std::string& folder) {
  Engine::DoneCallback done;
  auto answer = NewAnswer(&done);
  engine_->ResetCursor(mailbox, device, folder, std::move(done));
  AfterCall();
  return answer;
}

std::optional<FolderList> EngineWorld::FolderSync(const std::string& mailbox, const std::string& device) {
  auto list = BeginFolderSync(mailbox);
  if (!list || !list->ok()) return std::nullopt;
  EndFolderSync(mailbox, device, (*list)->version);
  return **list;
}

std::optional<absl::StatusOr<FolderList>> EngineWorld::BeginFolderSync(const std::string& mailbox) {
  auto list = std::make_shared<std::optional<absl::StatusOr<FolderList>>>();
  engine_->BeginFolderSync(mailbox, [list](absl::StatusOr<FolderList> answer) { *list = std::move(answer); });
  AfterCall();
  return *list;
}

AnswerPtr EngineWorld::EndFolderSync(const std::string& mailbox, const std::string& device, Version version) {
  Engine::DoneCallback done;
  auto answer = NewAnswer(&done);
  engine_->EndFolderSync(mailbox, device, version, std::move(done));
  AfterCall();
  return answer;
}

// ---- Time ------------------------------------------------------------------------------------------------------------------------------

void EngineWorld::AdvanceTo(Time time) {
  Settle();
  for (int idle = 0; armed_ && *armed_ <= time;) {
    if (*armed_ > now_) {
      now_ = *armed_;
      idle = 0;
    } else if (++idle > kMostSteps) {
      ADD_FAILURE() << "the engine spins: its deadline stays in the past";
      std::abort();
    }
    Advance();
  }
  now_ = std::max(now_, time);
  Settle();
}

void EngineWorld::Settle() {
  for (int steps = 0;; ++steps) {
    if (steps > kMostSteps) {
      ADD_FAILURE() << "the engine spins: its deadline stays in the past";
      std::abort();
    }
    CheckArmed();
    const bool ready = std::any_of(loops_.begin(), loops_.end(), [](const auto& loop) { return loop->ready; });
    if (!ready && !(armed_ && *armed_ <= now_)) break;
    Advance();
  }
  if (check_invariants_) engine_->CheckInvariants();
  EXPECT_THAT(store_->broken_rules(), ::testing::IsEmpty());
}

// One turn of the event loop.
void EngineWorld::Advance() {
  delivering_ = true;
  engine_->advance(now_);
  for (const auto& loop : loops_) {
    if (!std::exchange(loop->ready, false)) continue;
    while (engine_->Deliver(loop->id) > 0) {
    }
  }
  delivering_ = false;
  moved_ = false;
  armed_ = engine_->next_deadline();
  if (on_step_ && !(armed_ && *armed_ <= now_)) on_step_();
}

// A driver asks next_deadline() only after advance() and when the hook ran: that must be enough.
void EngineWorld::CheckArmed() {
  const std::optional<Time> real = engine_->next_deadline();
  if (!std::exchange(moved_, false) && real && (!armed_ || *real < *armed_)) {
    ADD_FAILURE() << "next_deadline() moved earlier, to " << (*real - now_).count() << " ms from now, and deadline_moved was not called";
  }
  armed_ = real;
}

void EngineWorld::AfterCall() {
  if (auto_settle_ && !in_callback_ && !delivering_) Settle();
}

LoopId EngineWorld::AddLoop() {
  auto loop = std::make_shared<Loop>();
  loop->id = engine_->AddLoop([loop] { loop->ready = true; });
  loops_.push_back(loop);
  return loop->id;
}

// ---- Another life ----------------------------------------------------------------------------------------------------------------------

void EngineWorld::Flush() {
  store_->FailCommits({}, 0);
  store_->FailLoads({}, 0);
  store_->set_held(false);
  store_->ReleaseAll();  // it may have failed before: what is to be written once more
  bool flushed = false;
  engine_->Flush([&flushed] { flushed = true; });
  Settle();
  for (int i = 0; i < 100 && !flushed; ++i) AdvanceBy(10s);
  EXPECT_TRUE(flushed) << "Flush does not end though the store is well again";
}

void EngineWorld::Restart() {
  Flush();
  Drop();
  ++restarts_;
  Open();
}

void EngineWorld::Crash(std::uint64_t seed) {
  store_->Crash(seed);
  Drop();
  ++restarts_;
  Open();
}

void EngineWorld::Drop() {
  for (Record& record : records_) record.dropped = record.dropped || !record.ended;
  engine_.reset();
  store_.reset();
}

// ---- Expectations ----------------------------------------------------------------------------------------------------------------------

std::vector<Ended> EngineWorld::TakeEnded() { return std::exchange(fresh_, {}); }

void EngineWorld::ExpectOnly(const std::vector<Expected>& expected) {
  Settle();
  std::vector<std::string> want;
  std::vector<std::string> have;
  for (const Expected& end : expected) want.push_back(Describe(end.ping, end.reason, end.refusal, end.folders));
  for (const Ended& end : TakeEnded()) have.push_back(Describe(end.ping, end.reason, end.refusal, end.folders));
  EXPECT_EQ(Lines(std::move(want)), Lines(std::move(have)));
}

}  // namespace mailwake::testing
