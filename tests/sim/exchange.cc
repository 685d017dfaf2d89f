// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/exchange.h"

#include "tests/sim/server.h"
#include "tests/sim/world.h"

namespace mailwake::sim {

Exchange::Exchange(Server& server, int box, int sender, bool speaks_active_sync, const Link& way, std::shared_ptr<std::string> note,
                   Request asked, Deliver deliver)
    : mailbox(box),
      device(sender),
      active_sync(speaks_active_sync),
      request(std::move(asked)),
      server_(server),
      link_(way),
      deliver_(std::move(deliver)),
      note_(std::move(note)),
      loop_(server.PickLoop()),
      arrived_(server.world().queue.now()) {}

void Exchange::Post(absl::AnyInvocable<void()> work) {
  if (!dropped_) server_.Post(std::move(work));
}

void Exchange::Respond(HttpResponse response, Written written) {
  if (dropped_) return;
  if (answered_) return server_.world().model.Fail(3, mailbox, device, "P3: a request is answered twice");
  if (gone_) {
    if (request.kind == Request::kPing) server_.world().model.Fail(3, mailbox, device, "P3: a cancelled PING is answered");
    return;
  }
  this->Answer(sim::ReadAnswer(request, response), std::move(written));
}

void Exchange::Answer(sim::Answer answer, Written written) {
  if (dropped_) return;
  answered_ = true;
  on_gone_ = nullptr;
  server_.Answered(*this, answer);
  Finish(answer, std::move(written));
}

void Exchange::Finish(const sim::Answer& answer, Written written) {
  World& world = server_.world();
  const Profile& profile = world.profile;
  Random& random = world.random;
  written_ = std::move(written);
  const bool cut = !world.calm && link_.cut_after_ms > 0 && (world.queue.now() - arrived_).count() > link_.cut_after_ms;
  const bool fails = !world.calm && random.Chance(profile.write_fails);
  const bool lost = cut || fails || (!world.calm && random.Chance(link_.loss));
  const std::int64_t write_ms = profile.write_ms > 0 && !world.calm && random.Chance(0.5) ? random.Between(1, profile.write_ms) : 0;
  if (write_ms == 0) {
    server_.Post([self = shared_from_this(), fails] { self->Write(!fails); });
  } else {
    world.queue.After(Duration(write_ms), [self = shared_from_this(), fails] {
      if (self->dropped_) return;
      self->Write(!fails);
      self->server_.Settle(self->mailbox);
    });
  }
  if (lost) {
    world.stakes.Count(Stake::kLostAnswer);
    world.history.Add({.time = world.queue.now(),
                       .what = What::kAnswerLost,
                       .mailbox = static_cast<std::int16_t>(mailbox),
                       .device = static_cast<std::int16_t>(device)});
    return;
  }
  world.queue.After(Duration(write_ms + random.Between(1, link_.latency_ms)), [self = shared_from_this(), answer] {
    if (!self->hung_up_ && self->deliver_) std::exchange(self->deliver_, nullptr)(answer);
  });
}

void Exchange::Write(bool whole) {
  if (!written_ || dropped_) return;
  Written written = std::move(written_);
  written_ = nullptr;
  written(whole);
  if (whole) server_.Written(*this);
}

void Exchange::Leave() {
  if (gone_ || dropped_) return;
  gone_ = true;
  if (answered_) {
    if (request.kind == Request::kPing) server_.world().stakes.Count(Stake::kCancelLost);
    return;
  }
  server_.Left(*this);
  if (on_gone_) std::exchange(on_gone_, nullptr)();
  server_.Settle(mailbox);
}

void Exchange::Drop(bool reset) {
  dropped_ = true;
  on_gone_ = nullptr;
  written_ = nullptr;
  if (!reset || answered_) return;
  World& world = server_.world();
  world.queue.After(Duration(world.random.Between(1, link_.latency_ms)), [self = shared_from_this()] {
    if (!self->hung_up_ && self->deliver_) std::exchange(self->deliver_, nullptr)(sim::Answer{.http = 0});
  });
}

}  // namespace mailwake::sim
