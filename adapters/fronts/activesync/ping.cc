// SPDX-License-Identifier: Apache-2.0
//
// Ping: a PING held by the engine, and its end as an answer.
#include <utility>

#include "adapters/fronts/activesync/acknowledge.h"
#include "adapters/fronts/activesync/commands.h"
#include "adapters/fronts/activesync/ping_document.h"

namespace mailwake::eas {
namespace {

void AnswerRefusal(const Call& call, const PingEnd& end) {
  switch (end.refusal) {
    case Refusal::kMissingParameters:
      return Answer(call, PingAnswer(PingStatus::kMissingParameters));
    case Refusal::kHeartbeatTooShort:
    case Refusal::kHeartbeatTooLong:
      return Answer(call, PingAnswer(PingStatus::kHeartbeatRange, end.bound));
    case Refusal::kTooManyFolders:
      return Answer(call, PingAnswer(PingStatus::kTooManyFolders, end.bound));
    case Refusal::kMailboxFull:
    case Refusal::kServerFull:
      return RefuseForNow(call, end.retry_after);
    case Refusal::kRevoked:
      return Refuse(call, 401);
    case Refusal::kInvalid:
    case Refusal::kNone:
      break;
  }
  Answer(call, PingAnswer(PingStatus::kSyntax));
}

// Room that is wanting (kShed, full) is told by 503, as only that can say when to come back. A store that cannot be read is status 8: such
// outages last, and some devices load everything anew after several 5xx in a row.
void AnswerEnd(const Call& call, const PingEnd& end) {
  switch (end.reason) {
    case EndReason::kChanged:
    case EndReason::kResync:
      RememberAnswered(call, end.id);
      return Answer(call, PingAnswer(end.folders));
    case EndReason::kExpired:
      return Answer(call, PingAnswer(PingStatus::kExpired));
    case EndReason::kHierarchy:
      return Answer(call, PingAnswer(PingStatus::kHierarchy));
    case EndReason::kSuperseded:
    case EndReason::kDrained:
      return AnswerAndClose(call, PingAnswer(PingStatus::kExpired));
    case EndReason::kRefused:
      return AnswerRefusal(call, end);
    case EndReason::kShed:
      return RefuseForNow(call, end.retry_after);
    case EndReason::kFailed:
      return Answer(call, PingAnswer(PingStatus::kServerError));
    case EndReason::kCancelled:
      return;  // nobody is there to answer
  }
}

void Hold(const CallPtr& call, PingParameters parameters) {
  if (call->gone) return;
  const std::string network = NetworkOf(call->http.peer);
  call->http = {};  // may be long held
  const PingId id = call->engine().Hold({.mailbox = call->mailbox,
                                         .device = call->query.device,
                                         .heartbeat = parameters.heartbeat,
                                         .folders = std::move(parameters.folders),
                                         .kind = PingKind::kPing,
                                         .loop = call->exchange->loop(),
                                         .network = network},
                                        [call](const PingEnd& end) { AnswerEnd(*call, end); });
  call->exchange->OnGone([context = call->context, id] { context->engine.Cancel(id); });
}

}  // namespace

void RunPing(const CallPtr& call) {
  if (call->http.body.empty()) return Hold(call, {});
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(std::move(call->http.body), call->limits());
  call->http.body = {};
  if (!document.ok()) return Answer(*call, PingAnswer(PingStatus::kSyntax));
  absl::StatusOr<PingParameters> parameters = ReadPing(*document);
  if (!parameters.ok()) return Answer(*call, PingAnswer(PingStatus::kSyntax));
  Hold(call, *std::move(parameters));
}

}  // namespace mailwake::eas
