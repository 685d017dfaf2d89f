// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/exchange.h"

#include <utility>

#include "adapters/fronts/https/connection.h"
#include "adapters/fronts/https/response_text.h"

namespace mailwake::internal {

Exchange::Exchange(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

Exchange::~Exchange() {
  if (fate_.load() != Fate::kOpen) return;
  connection_->loop().PostOrRun(
      [connection = connection_] { connection->Answer(TextResponse(500, "the request was dropped without an answer"), [](bool) {}); });
}

void Exchange::Respond(HttpResponse response, Written written) {
  if (fate_.exchange(Fate::kAnswered) == Fate::kAnswered) return;
  if (connection_->loop().IsHere()) return connection_->Answer(response, std::move(written));
  connection_->loop().PostOrRun([connection = connection_, response = std::move(response), written = std::move(written)]() mutable {
    connection->Answer(response, std::move(written));
  });
}

void Exchange::OnGone(absl::AnyInvocable<void()> gone) {
  switch (fate_.load()) {
    case Fate::kOpen:
      return connection_->OnGone(std::move(gone));
    case Fate::kGone:  // it went before the handler asked, while it waited for something else
      if (gone && !std::exchange(told_, true)) connection_->loop().Post(gone);
      return;
    case Fate::kAnswered:
      return;
  }
}

LoopId Exchange::loop() const { return connection_->loop().id(); }

void Exchange::Post(absl::AnyInvocable<void()> work) { connection_->loop().Post(work); }

bool Exchange::BelongsTo(std::string_view user) { return connection_->BelongsTo(user); }

std::string& Exchange::connection_note() { return connection_->note(); }

bool Exchange::MarkGone(bool told) {
  Fate open = Fate::kOpen;
  if (!fate_.compare_exchange_strong(open, Fate::kGone)) return false;
  told_ = told;
  return true;
}

}  // namespace mailwake::internal
