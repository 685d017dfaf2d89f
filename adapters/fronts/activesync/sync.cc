// SPDX-License-Identifier: Apache-2.0
//
// Sync: how a device acknowledges. From the request to a plan; then it is served at once or hangs.
#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/fronts/activesync/commands.h"
#include "adapters/fronts/activesync/sync_plan.h"
#include "adapters/fronts/activesync/sync_serve.h"

namespace mailwake::eas {
namespace {

void AnswerFault(const Call& call, const SyncFault& fault) { AnswerFailure(call, SyncAnswer(fault.status, fault.limit)); }

void RunPlan(const CallPtr& call, const SyncRequest& request, const FolderList& folders, StateTurn::Ptr turn) {
  std::vector<SyncStep> steps;
  if (const auto fault = Plan(request, turn->state(), folders, steps)) return AnswerFault(*call, *fault);
  // A device whose key is unknown must start over, not come again with the same.
  const bool repeatable = std::none_of(steps.begin(), steps.end(), [](const SyncStep& s) { return s.status == SyncStatus::kBadSyncKey; });
  turn->state().sync = repeatable ? std::optional(Remember(request)) : std::nullopt;
  if (!request.wait || !MayHang(steps)) return Serve(call, std::move(turn), std::move(steps));
  turn->Save([call, wait = *request.wait, steps = std::move(steps)](const StateTurn::Ptr&) mutable { Hang(call, wait, std::move(steps)); });
}

void RunRequest(const CallPtr& call, SyncRequest request, StateTurn::Ptr turn) {
  if (const auto fault = Complete(request, turn->state().sync)) return AnswerFault(*call, *fault);
  if (const auto fault = CheckLimits(request, call->options())) return AnswerFault(*call, *fault);
  call->engine().BeginFolderSync(
      call->mailbox, [call, request = std::move(request), turn = std::move(turn)](absl::StatusOr<FolderList> folders) mutable {
        call->OnLoop([call, request = std::move(request), turn = std::move(turn), folders = std::move(folders)]() mutable {
          if (!folders.ok()) return Answer(*call, SyncAnswer(SyncStatus::kRetry));
          RunPlan(call, request, *folders, std::move(turn));
        });
      });
}

}  // namespace

void RunSync(const CallPtr& call) {
  SyncRequest request;
  if (!call->http.body.empty()) {
    const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(std::move(call->http.body), call->limits());
    call->http.body = {};
    if (!document.ok()) return AnswerFailure(*call, SyncAnswer(SyncStatus::kProtocol));
    absl::StatusOr<SyncRequest> read = ReadSync(*document);
    if (!read.ok()) return AnswerFailure(*call, SyncAnswer(SyncStatus::kProtocol));
    request = *std::move(read);
  }
  StateTurn::Take(
      call, [call, request = std::move(request)](StateTurn::Ptr turn) mutable { RunRequest(call, std::move(request), std::move(turn)); });
}

}  // namespace mailwake::eas
