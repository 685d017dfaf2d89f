// SPDX-License-Identifier: Apache-2.0
//
// Ping: a PING held by the engine, and its end as an answer.
#include <utility>

#include "adapters/fronts/activesync/acknowledge.h"
#include "adapters/fronts/activesync/commands.h"
#include "adapters/fronts/activesync/ping_document.h"

namespace mailwake::eas {
namespace {

void AnswerRefusal(const Asker& asker, const PingEnd& end) {
  switch (end.refusal) {
    case Refusal::kMissingParameters:
      return AnswerFailure(asker, PingAnswer(PingStatus::kMissingParameters));
    case Refusal::kHeartbeatTooShort:
    case Refusal::kHeartbeatTooLong:
      return AnswerFailure(asker, PingAnswer(PingStatus::kHeartbeatRange, end.bound));
    case Refusal::kTooManyFolders:
      return AnswerFailure(asker, PingAnswer(PingStatus::kTooManyFolders, end.bound));
    case Refusal::kMailboxFull:
      CountFailure(asker);
      [[fallthrough]];
    case Refusal::kServerFull:
      return RefuseForNow(asker, end.retry_after);
    case Refusal::kRevoked:
      return RefuseRevoked(asker);
    case Refusal::kInvalid:
    case Refusal::kNone:
      break;
  }
  AnswerFailure(asker, PingAnswer(PingStatus::kSyntax));
}

// Room that is wanting (kShed, full) is told by 503, as only that can say when to come back. A store that cannot be read is status 8: such
// outages last, and some devices load everything anew after several 5xx in a row.
void AnswerEnd(const Asker& asker, const PingEnd& end) {
  switch (end.reason) {
    case EndReason::kChanged:
    case EndReason::kResync:
      RememberAnswered(asker, end.id);
      return Answer(asker, PingAnswer(end.folders));
    case EndReason::kExpired:
      return Answer(asker, PingAnswer(PingStatus::kExpired));
    case EndReason::kHierarchy:
      return Answer(asker, PingAnswer(PingStatus::kHierarchy));
    case EndReason::kSuperseded:
    case EndReason::kDrained:
      return AnswerAndClose(asker, PingAnswer(PingStatus::kExpired));
    case EndReason::kRefused:
      return AnswerRefusal(asker, end);
    case EndReason::kShed:
      return RefuseForNow(asker, end.retry_after);
    case EndReason::kFailed:
      return Answer(asker, PingAnswer(PingStatus::kServerError));
    case EndReason::kCancelled:
      return;  // nobody is there to answer
  }
}

void Hold(const CallPtr& call, PingParameters parameters) {
  if (call->gone) return;
  const PingId id = call->engine().Hold({.mailbox = call->mailbox,
                                         .device = call->device,
                                         .heartbeat = parameters.heartbeat,
                                         .folders = std::move(parameters.folders),
                                         .kind = PingKind::kPing,
                                         .loop = call->exchange->loop(),
                                         .network = call->network},
                                        [asker = Asker(*call)](const PingEnd& end) { AnswerEnd(asker, end); });
  call->exchange->OnGone([&engine = call->engine(), id] { engine.Cancel(id); });
  EndIfRevoked(*call, id);
}

}  // namespace

void RunPing(const CallPtr& call) {
  if (call->http.body.empty()) return Hold(call, {});
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(std::move(call->http.body), call->limits());
  call->http.body = {};
  if (!document.ok()) return AnswerFailure(*call, PingAnswer(PingStatus::kSyntax));
  absl::StatusOr<PingParameters> parameters = ReadPing(*document);
  if (!parameters.ok()) return AnswerFailure(*call, PingAnswer(PingStatus::kSyntax));
  Hold(call, *std::move(parameters));
}

}  // namespace mailwake::eas
