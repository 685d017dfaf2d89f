// SPDX-License-Identifier: Apache-2.0
//
// FrontWorld: the ActiveSync front end on a real engine in virtual time, with exchanges that have no sockets. The fixture of these tests.
//
// Each Post, Send, Publish, ... ends with Run(): what can happen now has happened. Answers are written at once unless the exchange says
// otherwise. Ann (ann@example.org, "secret") and Bob (bob@example.org, "hidden") have accounts.
//
// Example:
//   FrontWorld world;
//   auto ping = world.Post("Ping", PingBody("470", {{"5", "Email"}}));
//   EXPECT_FALSE(ping->answered());
//   world.Publish("5");
//   EXPECT_EQ(Tree(ping), "Ping(Status=2 Folders(Folder=5))");
#ifndef MAILWAKE_TESTS_ACTIVESYNC_FRONT_WORLD_H_
#define MAILWAKE_TESTS_ACTIVESYNC_FRONT_WORLD_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/adapters/activesync.h"
#include "mailwake/adapters/memory_store.h"
#include "mailwake/adapters/wbxml.h"
#include "tests/adapters/activesync/hex.h"
#include "tests/support/nth_call.h"

namespace mailwake::test {

using namespace std::chrono_literals;  // NOLINT: tests speak of 470s

inline const std::string kAnn = "ann@example.org";
inline const std::string kDevice = "ApplDN6T";

class FrontWorld;

// A request without a socket.
class FakeExchange final : public HttpExchange, public std::enable_shared_from_this<FakeExchange> {
 public:
  enum class Writing { kWhole, kFails, kHeld };

  FakeExchange(FrontWorld& world, std::shared_ptr<std::string> note) : world_(world), note_(std::move(note)) {}

  using HttpExchange::Respond;
  void Respond(HttpResponse response, Written written) override;
  void OnGone(absl::AnyInvocable<void()> gone) override;
  LoopId loop() const override { return 0; }
  void Post(absl::AnyInvocable<void()> work) override;
  bool BelongsTo(std::string_view user) override;
  std::string& connection_note() override { return *note_; }

  bool answered() const { return answers_ > 0; }
  int status() const { return answered() ? response_.status : 0; }
  const HttpResponse& response() const { return response_; }
  std::string_view header(std::string_view name) const;
  std::string hex() const { return ToHex(response_.body); }

  // What becomes of the answer's bytes; kHeld: nothing until Finish.
  void set_writing(Writing writing) { writing_ = writing; }
  void Finish(bool whole);
  // The peer goes.
  void Leave();

 private:
  FrontWorld& world_;
  std::shared_ptr<std::string> note_;
  HttpResponse response_;
  Written written_;
  absl::AnyInvocable<void()> on_gone_;
  Writing writing_ = Writing::kWhole;
  int answers_ = 0;
  bool gone_ = false;
};
using ExchangePtr = std::shared_ptr<FakeExchange>;

class FakeAuthenticator final : public Authenticator {
 public:
  void Authenticate(std::string user, std::string password, Callback done) override;
  void Forget(const std::string& /*user*/) override { ++forgotten; }
  bool Counts(const Account& account) const override { return account.since >= forgotten; }

  std::uint64_t forgotten = 0;
  std::map<std::string, std::pair<std::string, std::string>> accounts;  // user to password and mailbox
  std::vector<std::string> asked;
  bool unavailable = false;
  bool hold = false;
  std::deque<absl::AnyInvocable<void()>> held;
};

// Answers with what the test put in, by folder; remembers what it was asked.
class FakeProvider final : public SyncProvider {
 public:
  void Sync(Request request, Callback done) override;

  std::map<std::string, absl::StatusOr<Answer>> answers;
  std::vector<Request> asked;
  bool hold = false;
  std::deque<absl::AnyInvocable<void()>> held;
};

// A FrontState that can fail.
class FailingFrontState final : public FrontState {
 public:
  void Load(FrontStateKey key, LoadCallback done) override;
  void Save(FrontStateKey key, std::string value, DoneCallback done) override;

  std::map<FrontStateKey, std::string> values;
  bool fail_loads = false;
  bool fail_saves = false;
  NthCall* calls = nullptr;  // counts and fails loads and saves
  int saves = 0;
};

// A memory store whose loads can fail, and each call.
class FailingLoads final : public Store {
 public:
  explicit FailingLoads(std::unique_ptr<Store> wrapped) : wrapped_(std::move(wrapped)) {}
  OpenState opened() const override { return wrapped_->opened(); }
  void Load(std::string mailbox, LoadCallback done) override {
    if (fail || Strikes()) return done(absl::UnavailableError("no"));
    wrapped_->Load(std::move(mailbox), std::move(done));
  }
  void Commit(const WriteBatch& batch, DoneCallback done) override {
    if (Strikes()) return done(absl::UnavailableError("no"));
    wrapped_->Commit(batch, std::move(done));
  }
  void AgeOut(Time before, AgeOutCallback done) override {
    if (Strikes()) return done(absl::UnavailableError("no"));
    wrapped_->AgeOut(before, std::move(done));
  }

  bool fail = false;
  NthCall* calls = nullptr;

 private:
  bool Strikes() { return calls != nullptr && calls->Strikes(); }

  std::unique_ptr<Store> wrapped_;
};

struct WorldOptions {
  Options engine = {};
  ActiveSyncOptions front = {};
  bool provider = false;
};

class FrontWorld {
 public:
  using Writing = FakeExchange::Writing;
  explicit FrontWorld(WorldOptions options = {});

  // ---- Requests ----
  // A command of Ann's device, over a connection of its own.
  ExchangePtr Post(std::string_view command, std::string body = {}, Writing writing = Writing::kWhole);
  ExchangePtr Send(HttpRequest request, Writing writing = Writing::kWhole, std::shared_ptr<std::string> connection = nullptr);
  // Ann's, to be changed before Send.
  HttpRequest Request(std::string_view command, std::string body = {}) const;

  // ---- The host ----
  void Publish(std::string_view folder, ItemClass item_class = ItemClass::kEmail, std::string_view device = {});
  void SetFolders(std::vector<DeclaredFolder> folders);
  void Advance(Duration duration);
  void Restart();  // engine and front end anew, on the same store and state
  void Run();

  Engine& engine() { return *engine_; }
  FakeAuthenticator& authenticator() { return authenticator_; }
  FakeProvider& provider() { return provider_; }
  FailingFrontState& state() { return state_; }
  FailingLoads& store() { return *store_; }
  std::chrono::seconds throttled(std::string_view of) const { return front_->Throttled(kAnn, of); }
  std::size_t held() const { return engine_->stats().pings_held; }
  void Enqueue(absl::AnyInvocable<void()> work) { work_.push_back(std::move(work)); }

  std::string device = kDevice;
  std::string protocol = "14.1";
  std::vector<std::string> owners;  // of connections, as they were named
  bool crowded = false;             // whoever it is has too many of them
  NthCall calls;                    // of the store and of the front end's state

 private:
  void Open();

  WorldOptions options_;
  Time now_ = Time(std::chrono::hours(24 * 365 * 50));
  std::shared_ptr<MemoryDisk> disk_ = NewMemoryDisk();
  std::unique_ptr<FailingLoads> store_;
  std::unique_ptr<Engine> engine_;
  FakeAuthenticator authenticator_;
  FakeProvider provider_;
  FailingFrontState state_;
  std::unique_ptr<ActiveSync> front_;
  HttpHandler handler_;
  std::deque<absl::AnyInvocable<void()>> work_;
  std::vector<ExchangePtr> exchanges_;
};

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ACTIVESYNC_FRONT_WORLD_H_
