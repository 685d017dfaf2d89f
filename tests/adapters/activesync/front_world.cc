// SPDX-License-Identifier: Apache-2.0
#include "tests/adapters/activesync/front_world.h"

#include <algorithm>

#include "mailwake/adapters/http_text.h"

namespace mailwake::test {

void FakeExchange::Respond(HttpResponse response, Written written) {
  if (answered() || gone_) {
    EXPECT_FALSE(answered()) << "answered twice";
    return;
  }
  ++answers_;
  response_ = std::move(response);
  on_gone_ = nullptr;
  written_ = std::move(written);
  if (writing_ != Writing::kHeld) world_.Enqueue([self = shared_from_this()] { self->Finish(self->writing_ == Writing::kWhole); });
}

void FakeExchange::Finish(bool whole) {
  if (!written_) return;
  Written written = std::move(written_);
  written_ = nullptr;
  written(whole);
  written = nullptr;
}

void FakeExchange::OnGone(absl::AnyInvocable<void()> gone) {
  on_gone_ = std::move(gone);
  if (gone_ && on_gone_) world_.Enqueue(std::move(on_gone_));
}

bool FakeExchange::BelongsTo(std::string_view user) {
  world_.owners.emplace_back(user);
  return !world_.crowded;
}

void FakeExchange::Post(absl::AnyInvocable<void()> work) { world_.Enqueue(std::move(work)); }

std::string_view FakeExchange::header(std::string_view name) const {
  for (const auto& [key, value] : response_.headers) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return {};
}

void FakeExchange::Leave() {
  gone_ = true;
  if (on_gone_) std::exchange(on_gone_, nullptr)();
  world_.Run();
}

void FakeAuthenticator::Authenticate(std::string user, std::string password, Callback done) {
  asked.push_back(user);
  auto answer = [this, user, password, since = forgotten, done = std::move(done)]() mutable {
    const auto account = accounts.find(user);
    if (unavailable) return done(absl::UnavailableError("busy"));
    if (account == accounts.end() || account->second.first != password) return done(absl::UnauthenticatedError("no"));
    done(Account{.mailbox = account->second.second, .since = since});
  };
  if (hold) return held.push_back(std::move(answer));
  answer();
}

void FakeProvider::Sync(Request request, Callback done) {
  const auto found = answers.find(request.folder);
  absl::StatusOr<Answer> answer = found == answers.end() ? absl::StatusOr<Answer>(Answer{.state = request.state + "+"}) : found->second;
  asked.push_back(std::move(request));
  auto reply = [answer = std::move(answer), done = std::move(done)]() mutable { done(std::move(answer)); };
  if (hold) return held.push_back(std::move(reply));
  reply();
}

void FailingFrontState::Load(FrontStateKey key, LoadCallback done) {
  if (fail_loads || (calls != nullptr && calls->Strikes())) return done(absl::UnavailableError("no"));
  const auto found = values.find(key);
  done(found == values.end() ? std::string() : found->second);
}

void FailingFrontState::Save(FrontStateKey key, std::string value, DoneCallback done) {
  ++saves;
  if (fail_saves || (calls != nullptr && calls->Strikes())) return done(absl::UnavailableError("no"));
  values[key] = std::move(value);
  done(absl::OkStatus());
}

FrontWorld::FrontWorld(WorldOptions options) : options_(std::move(options)) {
  authenticator_.accounts = {
      {"ann@example.org", {"secret", kAnn}}, {"ann", {"secret", kAnn}}, {"bob@example.org", {"hidden", "bob@example.org"}}};
  Open();
}

void FrontWorld::Open() {
  options_.engine.clock = [this] { return now_; };
  store_ = std::make_unique<FailingLoads>(NewMemoryStore(disk_));
  store_->calls = &calls;
  state_.calls = &calls;
  engine_ = Engine::Create(options_.engine, *store_).value();
  front_ = NewActiveSync(*engine_, authenticator_, state_, options_.provider ? &provider_ : nullptr, options_.front);
  handler_ = front_->handler();
  Run();
}

void FrontWorld::Restart() {
  Run();
  handler_ = nullptr;
  front_.reset();
  engine_.reset();
  store_.reset();
  Open();
}

HttpRequest FrontWorld::Request(std::string_view command, std::string body) const {
  return {.method = "POST",
          .target = "/Microsoft-Server-ActiveSync?Cmd=" + std::string(command) + "&User=ann%40example.org&DeviceId=" + device +
                    "&DeviceType=iPhone",
          .headers = {{"Authorization", BasicAuthorization("ann@example.org", "secret")},
                      {"MS-ASProtocolVersion", protocol},
                      {"Content-Type", "application/vnd.ms-sync.wbxml"}},
          .body = std::move(body),
          .peer = "192.0.2.7"};
}

ExchangePtr FrontWorld::Post(std::string_view command, std::string body, Writing writing) {
  return Send(Request(command, std::move(body)), writing);
}

ExchangePtr FrontWorld::Send(HttpRequest request, Writing writing, std::shared_ptr<std::string> connection) {
  auto exchange = std::make_shared<FakeExchange>(*this, connection ? connection : std::make_shared<std::string>());
  exchange->set_writing(writing);
  exchanges_.push_back(exchange);
  handler_(std::move(request), exchange);
  Run();
  return exchange;
}

void FrontWorld::Publish(std::string_view folder, ItemClass item_class, std::string_view origin) {
  engine_->Publish({{.mailbox = kAnn, .folder = folder, .item_class = item_class, .device = origin}},
                   [](absl::Status status) { EXPECT_TRUE(status.ok()) << status; });
  Run();
}

void FrontWorld::SetFolders(std::vector<DeclaredFolder> folders) {
  engine_->SetFolders(kAnn, std::move(folders), [](absl::Status status) { EXPECT_TRUE(status.ok()) << status; });
  Run();
}

void FrontWorld::Advance(Duration duration) {
  const Time end = now_ + duration;
  for (;;) {
    const std::optional<Time> next = engine_->next_deadline();
    if (!next || *next > end) break;
    now_ = std::max(now_, *next);
    Run();
  }
  now_ = end;
  Run();
}

void FrontWorld::Run() {
  for (;;) {
    while (!work_.empty()) {
      absl::AnyInvocable<void()> work = std::move(work_.front());
      work_.pop_front();
      work();
    }
    const std::size_t delivered = engine_->advance(now_);
    if (delivered == 0 && work_.empty()) return;
  }
}

}  // namespace mailwake::test
