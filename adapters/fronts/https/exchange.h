// SPDX-License-Identifier: Apache-2.0
//
// Exchange: the handler's end of a request, which outlives the connection and the server if the handler keeps it.
//
// Threads:    as HttpExchange says.
// Invariants: who comes first wins, the answer or the peer's end; a handler that drops its exchange unanswered has its peer told 500.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_EXCHANGE_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_EXCHANGE_H_

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "adapters/fronts/https/loop.h"
#include "mailwake/adapters/http.h"

namespace mailwake::internal {

class Connection;

class Exchange final : public HttpExchange {
 public:
  explicit Exchange(std::shared_ptr<Connection> connection);
  ~Exchange() override;

  using HttpExchange::Respond;
  void Respond(HttpResponse response, Written written) override;
  void OnGone(absl::AnyInvocable<void()> gone) override;
  LoopId loop() const override;
  void Post(absl::AnyInvocable<void()> work) override;
  bool BelongsTo(std::string_view user) override;
  std::string& connection_note() override;

  // The peer went. False: the answer was first. `told`: the handler hears of it now, else as soon as it asks.
  bool MarkGone(bool told);

 private:
  enum class Fate : std::uint8_t { kOpen, kAnswered, kGone };

  const std::shared_ptr<Connection> connection_;
  std::atomic<Fate> fate_{Fate::kOpen};
  bool told_ = false;  // the loop's
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_EXCHANGE_H_
