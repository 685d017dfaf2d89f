// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/state_turn.h"

#include <utility>

namespace mailwake::eas {
namespace {

FrontStateKey KeyOf(const Call& call) { return {.front = "activesync", .mailbox = call.mailbox, .device = call.device}; }

}  // namespace

void StateTurn::Take(const CallPtr& call, Work work) {
  auto load = [call, work = std::move(work)](DeviceQueue::Turn turn) mutable {
    call->context->state.Load(KeyOf(*call),
                              [call, work = std::move(work), turn = std::move(turn)](absl::StatusOr<std::string> text) mutable {
                                call->OnLoop([call, work = std::move(work), turn = std::move(turn), text = std::move(text)]() mutable {
                                  if (!text.ok()) return RefuseForNow(*call, SomeSeconds());
                                  work(std::make_shared<StateTurn>(call, std::move(turn), *text));
                                });
                              });
  };
  if (!call->context->queue.Run(call->name(), std::move(load))) RefuseForNow(*call, SomeSeconds());
}

void StateTurn::Save(absl::AnyInvocable<void(Ptr)> done) {
  Bound(state_);
  if (state_ == stored_) return done(shared_from_this());
  auto saved = [self = shared_from_this(), done = std::move(done)](absl::Status status) mutable {
    const CallPtr call = self->call_;
    call->OnLoop([self = std::move(self), done = std::move(done), status = std::move(status)]() mutable {
      if (!status.ok()) return RefuseForNow(*self->call_, SomeSeconds());
      self->stored_ = self->state_;
      done(std::move(self));
    });
  };
  call_->context->state.Save(KeyOf(*call_), Serialize(state_), std::move(saved));
}

}  // namespace mailwake::eas
