// SPDX-License-Identifier: Apache-2.0
//
// The front door: method, credentials, query, account; then the command.
#include "mailwake/adapters/activesync.h"

#include <algorithm>
#include <utility>

#include "adapters/fronts/activesync/acknowledge.h"
#include "adapters/fronts/activesync/call.h"
#include "adapters/fronts/activesync/commands.h"
#include "adapters/fronts/activesync/user.h"
#include "mailwake/adapters/http_text.h"

namespace mailwake {
namespace eas {
namespace {

void Dispatch(const CallPtr& call) {
  switch (call->command) {
    case Command::kPing:
      return RunPing(call);
    case Command::kSync:
      return RunSync(call);
    case Command::kFolderSync:
      return RunFolderSync(call);
    case Command::kProvision:
      return RunProvision(call);
    case Command::kSettings:
      return RunSettings(call);
    case Command::kOther:
      CountFailure(*call);
      return Refuse(*call, 501);
  }
}

// Spread over as much time again, up to a minute, so that those who were told the same do not return in step.
std::chrono::seconds ComeBack(std::chrono::seconds wait) {
  const auto spread = static_cast<int>(std::min(wait, std::chrono::seconds(60)).count());
  return wait + std::chrono::seconds(mailwake::SomeSeconds(5, 15 + spread));
}

// The account is known: may it do what the query says?
void Admit(const CallPtr& call, absl::StatusOr<Account> account) {
  if (call->gone) return;
  if (absl::IsUnauthenticated(account.status())) {
    if (call->options().login_refused) call->options().login_refused(call->login, call->http.peer);
    return Refuse(*call, 401);
  }
  if (!account.ok()) return RefuseForNow(*call, ComeBack(TimeToComeBack(account.status())));
  call->mailbox = std::move(account->mailbox);
  call->login_since = account->since;
  if (TooMany(*call->context, call->context->of_user, "the user ", call->mailbox, *call->exchange)) return;
  if (!call->exchange->BelongsTo(call->mailbox)) return RefuseForNow(*call->exchange, SomeSeconds(), true);
  if (call->http.method == "OPTIONS") return RunOptions(*call->exchange);
  const std::string& named = call->named_user;
  const bool own = named.empty() || SameUser(named, call->login) || SameUser(named, call->mailbox);
  const bool admitted = own && !Blocked(*call);
  if (admitted) TellDelivered(*call, call->http.early);
  if (Throttle(*call)) return;
  if (!admitted) {
    CountFailure(*call);
    return Refuse(*call, 403);
  }
  if (HasContentCoding(call->http)) {
    CountFailure(*call);
    return Refuse(*call, 415);
  }
  Dispatch(call);
}

void Receive(const std::shared_ptr<Context>& context, HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
  const bool options = request.method == "OPTIONS";
  if (!options && request.method != "POST") return Refuse(*exchange, 405);
  if (TooMany(*context, context->of_address, "the address ", AddressOf(request.peer), *exchange)) return;
  std::optional<BasicCredentials> credentials = ParseBasic(Header(request, "Authorization"));
  if (!credentials) return Refuse(*exchange, 401);

  auto call = std::make_shared<Call>();
  call->context = context;
  call->exchange = std::move(exchange);
  if (!options) {
    absl::StatusOr<Query> query = ParseQuery(SplitTarget(request.target).query);
    if (!query.ok()) return Refuse(*call, 400);
    call->command = query->command;
    call->device = std::move(query->device);
    call->named_user = std::move(query->user);
    call->version = query->version != 0 ? query->version : ParseVersion(Header(request, "MS-ASProtocolVersion"));
  }
  call->http = std::move(request);
  call->network = NetworkOf(call->http.peer);
  call->exchange->OnGone([call = std::weak_ptr<Call>(call)] {
    if (const CallPtr alive = call.lock()) alive->gone = true;
  });

  call->login = WithoutDomain(credentials->user);
  // A password that was right lately is answered at once, here on the loop.
  context->authenticator.AuthenticateFrom(
      {.network = call->network, .device = call->device}, call->login, std::move(credentials->password),
      [call](absl::StatusOr<Account> account) {
        if (std::this_thread::get_id() == call->thread) return Admit(call, std::move(account));
        call->OnLoop([call, account = std::move(account)]() mutable { Admit(call, std::move(account)); });
      });
}

class Front final : public ActiveSync {
 public:
  explicit Front(std::shared_ptr<Context> context) : context_(std::move(context)) {}

  std::chrono::seconds Throttled(std::string_view mailbox, std::string_view device) const override {
    return std::chrono::ceil<std::chrono::seconds>(context_->failures.WaitOf(NameOf(mailbox, device), context_->options.clock()));
  }

  HttpHandler handler() override {
    return [context = context_](HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
      Receive(context, std::move(request), std::move(exchange));
    };
  }

 private:
  std::shared_ptr<Context> context_;
};

}  // namespace
}  // namespace eas

std::unique_ptr<ActiveSync> NewActiveSync(Engine& engine, Authenticator& authenticator, FrontState& state, SyncProvider* provider,
                                          const ActiveSyncOptions& options) {
  return std::make_unique<eas::Front>(std::make_shared<eas::Context>(engine, authenticator, state, provider, options));
}

}  // namespace mailwake
