// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/sync_serve.h"

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/src/plant.h"

namespace mailwake::eas {
namespace {

// A Sync that is being served: first every cursor that starts over, then every provider, then the answer. The callbacks of one stage may
// come on any thread, each for its own step; the last one brings the next stage to the loop.
class Serving : public std::enable_shared_from_this<Serving> {
 public:
  Serving(CallPtr call, StateTurn::Ptr turn, std::vector<SyncStep> steps)
      : call_(std::move(call)), turn_(std::move(turn)), steps_(std::move(steps)) {}

  void ResetCursors() {
    stage_ = &Serving::AskProvider;
    left_ = steps_.size() + 1;
    for (SyncStep& step : steps_) {
      // A repeat too: until this answer has arrived the device is behind by what it lost.
      if (step.move != SyncStep::Move::kReset && !step.repeat) {
        StepDone();
        continue;
      }
      call_->engine().ResetCursor(call_->mailbox, call_->device, step.request.what.id,
                                  [self = shared_from_this(), &step](const absl::Status& status) {
                                    if (!status.ok()) step.status = SyncStatus::kRetry;
                                    self->StepDone();
                                  });
    }
    StepDone();
  }

 private:
  void StepDone() {
    if (--left_ == 0) call_->OnLoop([self = shared_from_this()] { ((*self).*(self->stage_))(); });
  }

  void AskProvider() {
    ticket_ = call_->engine().BeginSync(call_->mailbox, call_->device);
    stage_ = &Serving::Finish;
    left_ = steps_.size() + 1;
    for (SyncStep& step : steps_) {
      if (!AskFor(step)) StepDone();
    }
    StepDone();
  }

  // False: nothing is under way.
  bool AskFor(SyncStep& step) {
    if (step.move != SyncStep::Move::kServe || step.status != SyncStatus::kOk) return false;
    const bool wanted = step.request.what.get_changes || !step.request.commands.empty();
    SyncProvider* const provider = call_->context->provider;
    if (provider == nullptr || !wanted) {
      step.answer.state = step.from.state;
      step.answer.commands = step.request.refused_commands;
      return false;
    }
    provider->Sync({.mailbox = call_->mailbox,
                    .device = call_->device,
                    .folder = step.request.what.id,
                    .item_class = step.item_class,
                    .state = step.from.state,
                    .commands = std::move(step.request.commands),
                    .options = step.request.options,
                    .window_size = step.request.what.window_size,
                    .get_changes = step.request.what.get_changes},
                   [self = shared_from_this(), &step](absl::StatusOr<SyncProvider::Answer> answer) {
                     Take(step, std::move(answer));
                     self->StepDone();
                   });
    return true;
  }

  static void Take(SyncStep& step, absl::StatusOr<SyncProvider::Answer> answer) {
    if (!answer.ok()) {
      step.status = absl::IsNotFound(answer.status())      ? SyncStatus::kNotFound
                    : absl::IsUnavailable(answer.status()) ? SyncStatus::kRetry
                                                           : SyncStatus::kServerError;
    } else if (answer->state.size() > kMaxProviderState) {
      step.status = SyncStatus::kServerError;
    } else {
      step.answer = *std::move(answer);
    }
  }

  void Finish() {
    const auto all = [this](SyncStatus status) {
      return std::ranges::all_of(steps_, [status](const SyncStep& step) { return step.status == status; });
    };
    if (all(SyncStatus::kBadSyncKey)) CountFailure(*call_);
    std::string document = SyncAnswer(Advance(turn_->state(), steps_, call_->NamesClasses()));
    turn_->Save([self = shared_from_this(), document = std::move(document)](const StateTurn::Ptr&) mutable {
      Answer(*self->call_, std::move(document), [self](bool whole) {
        if (whole || Planted(Plant::kEndSyncAnyway)) self->MoveCursors();
      });
    });
  }

  void MoveCursors() {
    std::vector<std::string_view> whole;
    for (const SyncStep& step : steps_) {
      if (ServedWhole(step)) whole.push_back(step.request.what.id);
    }
    if (!whole.empty()) call_->engine().EndSync(ticket_, whole, [](const absl::Status&) {});
  }

  const CallPtr call_;
  const StateTurn::Ptr turn_;
  std::vector<SyncStep> steps_;
  SyncTicket ticket_;
  void (Serving::*stage_)() = nullptr;
  std::atomic<std::size_t> left_{0};
};

}  // namespace

void Serve(const CallPtr& call, StateTurn::Ptr turn, std::vector<SyncStep> steps) {
  std::make_shared<Serving>(call, std::move(turn), std::move(steps))->ResetCursors();
}

}  // namespace mailwake::eas
