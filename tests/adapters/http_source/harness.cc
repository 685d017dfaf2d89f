// SPDX-License-Identifier: Apache-2.0

#include "tests/adapters/http_source/harness.h"

#include <gtest/gtest.h>

#include <utility>

namespace mailwake::test {
namespace {

class FakeExchange final : public HttpExchange {
 public:
  explicit FakeExchange(std::shared_ptr<std::optional<HttpResponse>> answer) : answer_(std::move(answer)) {}

  void Respond(HttpResponse response, Written written) override {
    if (answer_->has_value()) return;
    *answer_ = std::move(response);
    written(true);
  }
  void OnGone(absl::AnyInvocable<void()>) override {}
  LoopId loop() const override { return 0; }
  void Post(absl::AnyInvocable<void()> work) override { work(); }
  std::string& connection_note() override { return note_; }

 private:
  const std::shared_ptr<std::optional<HttpResponse>> answer_;
  std::string note_;
};

}  // namespace

void PausedStore::Load(std::string mailbox, LoadCallback done) {
  if (calls_.Strikes()) return done(absl::UnavailableError("the disk failed"));
  inner_.Load(std::move(mailbox), std::move(done));
}

void PausedStore::Commit(const WriteBatch& batch, DoneCallback done) {
  if (calls_.Strikes()) return done(absl::UnavailableError("the disk failed"));
  if (!failure_.ok()) return done(failure_);
  if (paused_) {
    kept_.emplace_back(batch, std::move(done));
    return;
  }
  inner_.Commit(batch, std::move(done));
}

void PausedStore::Resume() {
  paused_ = false;
  while (!kept_.empty()) {
    auto [batch, done] = std::move(kept_.front());
    kept_.pop_front();
    CommitOwned(std::move(batch), std::move(done));
  }
}

Harness::Harness(std::shared_ptr<MemoryDisk> disk, std::string token)
    : memory_(NewMemoryStore(std::move(disk))), store_(std::make_unique<PausedStore>(*memory_)) {
  engine_ = Engine::Create({}, *store_).value();
  engine_->advance(now_);
  source_ = NewHttpSource(*engine_, {.token = std::move(token), .more_metrics = [] { return std::string("host_metric 1\n"); }});
}

Harness::~Harness() {
  store_->Fail(absl::OkStatus());
  store_->Resume();
  engine_->Flush([] {});
}

HttpRequest Harness::Make(const std::string& method, const std::string& target, const std::string& body) {
  return {.method = method,
          .target = target,
          .headers = {{"authorization", std::string("Bearer ") + kToken}},
          .body = body,
          .peer = "192.0.2.7"};
}

std::optional<HttpResponse> Harness::Send(HttpRequest request) {
  last_ = std::make_shared<std::optional<HttpResponse>>();
  source_->handler()(std::move(request), std::make_shared<FakeExchange>(last_));
  return *last_;
}

HttpResponse Harness::Request(const std::string& method, const std::string& target, const std::string& body) {
  std::optional<HttpResponse> answer = Send(Make(method, target, body));
  EXPECT_TRUE(answer.has_value()) << method << " " << target << " was not answered";
  return answer.value_or(HttpResponse{.status = 0, .headers = {}, .body = {}});
}

std::shared_ptr<std::optional<End>> Harness::Ping(const std::string& mailbox, const std::string& device,
                                                  const std::vector<std::string>& folders, ItemClass item_class) {
  auto result = std::make_shared<std::optional<End>>();
  std::vector<WatchedFolder> watched;
  for (const std::string& folder : folders) watched.push_back({folder, item_class});
  engine_->Hold({.mailbox = mailbox, .device = device, .heartbeat = std::chrono::minutes(15), .folders = std::move(watched)},
                [result](const PingEnd& end) {
                  *result = End{end.reason, {}};
                  for (const std::string_view folder : end.folders) (*result)->folders.emplace_back(folder);
                });
  Advance();
  return result;
}

void Harness::Sync(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders) {
  const SyncTicket ticket = engine_->BeginSync(mailbox, device);
  const std::vector<std::string_view> ids(folders.begin(), folders.end());
  engine_->EndSync(ticket, ids, [](absl::Status done) { EXPECT_TRUE(done.ok()) << done; });
  Advance();
}

void Harness::Advance(std::chrono::milliseconds step) {
  now_ += step;
  engine_->advance(now_);
}

std::string HeaderOf(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string Line(const std::string& mailbox, const std::string& folder) {
  return R"({"mailbox":")" + mailbox + R"(","folder":")" + folder + R"(","class":"email","kind":"added"})" + "\n";
}

}  // namespace mailwake::test
