// SPDX-License-Identifier: Apache-2.0
//
// The hanging Sync (Wait, HeartbeatInterval): a PING of its own kind, whose end is answered with the changes themselves.
#include <algorithm>
#include <memory>
#include <utility>

#include "adapters/fronts/activesync/sync_serve.h"

namespace mailwake::eas {
namespace {

struct Hanging {
  SyncWait wait;
  std::vector<SyncStep> steps;
};

// 200 without a body: nothing changed, ask again.
constexpr std::string_view kNothing;

// The steps of the folders that changed. The state is read anew: if another Sync of the device was served meanwhile, this one stands on
// keys that the device no longer has, and what it would give must not move them again.
void ServeChanged(const CallPtr& call, const std::shared_ptr<Hanging>& hanging, std::vector<std::string> changed) {
  StateTurn::Take(call, [call, hanging, changed = std::move(changed)](StateTurn::Ptr turn) {
    std::vector<SyncStep> steps;
    for (SyncStep& step : hanging->steps) {
      if (std::find(changed.begin(), changed.end(), step.request.what.id) == changed.end()) continue;
      const auto collection = turn->state().collections.find(step.request.what.id);
      if (collection == turn->state().collections.end() || collection->second.current != step.from) {
        return AnswerAndClose(*call, std::string(kNothing));
      }
      steps.push_back(std::move(step));
    }
    Serve(call, std::move(turn), std::move(steps));
  });
}

void AnswerRefusal(const Call& call, const SyncWait& wait, const PingEnd& end) {
  switch (end.refusal) {
    case Refusal::kHeartbeatTooShort:
    case Refusal::kHeartbeatTooLong: {
      const bool minimum = end.refusal == Refusal::kHeartbeatTooShort;
      return AnswerFailure(call, SyncAnswer(SyncStatus::kWaitRange, InUnitOf(wait, std::chrono::seconds(end.bound), minimum)));
    }
    case Refusal::kTooManyFolders:
      return AnswerFailure(call, SyncAnswer(SyncStatus::kTooManyCollections, end.bound));
    case Refusal::kMailboxFull:
      CountFailure(call);
      [[fallthrough]];
    case Refusal::kServerFull:
      return RefuseForNow(call, end.retry_after);
    case Refusal::kRevoked:
      return RefuseRevoked(call);
    case Refusal::kMissingParameters:
    case Refusal::kInvalid:
    case Refusal::kNone:
      break;
  }
  AnswerFailure(call, SyncAnswer(SyncStatus::kProtocol));
}

void AnswerEnd(const CallPtr& call, const std::shared_ptr<Hanging>& hanging, const PingEnd& end) {
  switch (end.reason) {
    case EndReason::kChanged:
    case EndReason::kResync:
      return ServeChanged(call, hanging, {end.folders.begin(), end.folders.end()});
    case EndReason::kExpired:
      return Answer(*call, std::string(kNothing));
    case EndReason::kSuperseded:
    case EndReason::kDrained:
      return AnswerAndClose(*call, std::string(kNothing));
    case EndReason::kHierarchy:
      return Answer(*call, SyncAnswer(SyncStatus::kHierarchy));
    case EndReason::kRefused:
      return AnswerRefusal(*call, hanging->wait, end);
    case EndReason::kShed:
      return RefuseForNow(*call, end.retry_after);
    case EndReason::kFailed:
      return Answer(*call, SyncAnswer(SyncStatus::kRetry));
    case EndReason::kCancelled:
      return;
  }
}

}  // namespace

void Hang(const CallPtr& call, const SyncWait& wait, std::vector<SyncStep> steps) {
  if (call->gone) return;
  auto hanging = std::make_shared<Hanging>(Hanging{wait, std::move(steps)});
  std::vector<WatchedFolder> folders;
  for (const SyncStep& step : hanging->steps) folders.push_back({.id = step.request.what.id, .item_class = step.item_class});
  call->http = {};  // may be long held
  const PingId id = call->engine().Hold({.mailbox = call->mailbox,
                                         .device = call->device,
                                         .heartbeat = Seconds(wait),
                                         .folders = std::move(folders),
                                         .kind = PingKind::kSync,
                                         .loop = call->exchange->loop(),
                                         .network = call->network},
                                        [call, hanging](const PingEnd& end) { AnswerEnd(call, hanging, end); });
  call->exchange->OnGone([context = call->context, id] { context->engine.Cancel(id); });
  EndIfRevoked(*call, id);
}

}  // namespace mailwake::eas
