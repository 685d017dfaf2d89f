// SPDX-License-Identifier: Apache-2.0
//
// An HttpSource on a real engine, with a memory store that can be made to fail or to wait, virtual time and exchanges without sockets.
//
// Example:    Harness harness; Answer answer = harness.Post("/v1/changes", line); EXPECT_EQ(answer.status, 200);

#ifndef MAILWAKE_TESTS_ADAPTERS_HTTP_SOURCE_HARNESS_H_
#define MAILWAKE_TESTS_ADAPTERS_HTTP_SOURCE_HARNESS_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailwake/adapters/http_source.h"
#include "mailwake/adapters/memory_store.h"
#include "mailwake/engine.h"
#include "tests/support/nth_call.h"

namespace mailwake::test {

inline constexpr char kToken[] = "f00dfeed";

// How a PING ended.
struct End {
  EndReason reason;
  std::vector<std::string> folders;
};

// Passes on to a memory store, and keeps or refuses commits when told to.
class PausedStore : public Store {
 public:
  explicit PausedStore(Store& inner) : inner_(inner) {}
  OpenState opened() const override { return inner_.opened(); }
  void Load(std::string mailbox, LoadCallback done) override;
  void Commit(const WriteBatch& batch, DoneCallback done) override;
  void AgeOut(Time before, AgeOutCallback done) override { inner_.AgeOut(before, std::move(done)); }

  void Pause() { paused_ = true; }
  void Resume();
  void Fail(absl::Status status) { failure_ = std::move(status); }
  NthCall& calls() { return calls_; }  // loads and commits

 private:
  Store& inner_;
  bool paused_ = false;
  absl::Status failure_;
  NthCall calls_;
  std::deque<std::pair<WriteBatch, DoneCallback>> kept_;
};

class Harness {
 public:
  explicit Harness(std::shared_ptr<MemoryDisk> disk = NewMemoryDisk(), std::string token = kToken);
  ~Harness();

  // Sends a request and answers what came back at once; nullopt: the answer is still to come (see `last`).
  std::optional<HttpResponse> Send(HttpRequest request);
  // With the bearer token. An answer that does not come at once is a failure.
  HttpResponse Request(const std::string& method, const std::string& target, const std::string& body = {});
  HttpResponse Post(const std::string& target, const std::string& body) { return Request("POST", target, body); }
  HttpResponse Get(const std::string& target) { return Request("GET", target); }

  // Holds a PING of 15 minutes; its end appears in the result.
  std::shared_ptr<std::optional<End>> Ping(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders,
                                           ItemClass item_class = ItemClass::kEmail);
  // The device has everything of these folders.
  void Sync(const std::string& mailbox, const std::string& device, const std::vector<std::string>& folders);
  void Advance(std::chrono::milliseconds step = std::chrono::milliseconds(1));

  Engine& engine() { return *engine_; }
  PausedStore& store() { return *store_; }
  std::shared_ptr<std::optional<HttpResponse>> last() const { return last_; }
  static HttpRequest Make(const std::string& method, const std::string& target, const std::string& body = {});

 private:
  std::unique_ptr<Store> memory_;
  std::unique_ptr<PausedStore> store_;
  Time now_{std::chrono::seconds(1'700'000'000)};
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<HttpSource> source_;
  std::shared_ptr<std::optional<HttpResponse>> last_;
};

// The value of a header; empty if there is none.
std::string HeaderOf(const HttpResponse& response, const std::string& name);
// A line of NDJSON for a new mail, with a newline.
std::string Line(const std::string& mailbox, const std::string& folder);

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ADAPTERS_HTTP_SOURCE_HARNESS_H_
