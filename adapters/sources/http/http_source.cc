// SPDX-License-Identifier: Apache-2.0
//
// The bearer token, the routes, and what sources report.

#include "mailwake/adapters/http_source.h"

#include <absl/strings/str_cat.h>

#include <utility>
#include <vector>

#include "adapters/sources/http/answers.h"
#include "adapters/sources/http/change_lines.h"
#include "adapters/sources/http/folder_list.h"
#include "adapters/sources/http/json_text.h"
#include "adapters/sources/http/looks.h"
#include "adapters/sources/http/secret.h"
#include "adapters/sources/http/sync_ticket.h"
#include "adapters/sources/http/target.h"
#include "mailwake/adapters/http_text.h"

namespace mailwake::http_source {
namespace {

constexpr std::size_t kMaxBodyBytes = 8 * 1024 * 1024;
constexpr char kSuspectShape[] = "{\"mailbox\":\"...\"}, or {} for all mailboxes";

// The body as an object. Errors: InvalidArgument.
absl::StatusOr<Json> ObjectOf(const std::string& body, const char* shape) {
  absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok()) return absl::InvalidArgumentError(absl::StrCat("the body ", json.status().message(), "; it must be ", shape));
  if (!json->is_object()) return absl::InvalidArgumentError(absl::StrCat("the body is ", Shown(*json), ": it must be ", shape));
  return json;
}

// The ids of an array. Errors: InvalidArgument.
absl::StatusOr<std::vector<std::string>> FolderIds(const Json* array) {
  if (array == nullptr || !array->is_array()) {
    return absl::InvalidArgumentError("\"folders\" must be an array of the ids of the folders that were served whole");
  }
  std::vector<std::string> ids;
  for (const Json& item : *array) {
    absl::StatusOr<std::string> id = TextOf(item, absl::StrCat("folder ", ids.size() + 1), 1, kMaxIdBytes);
    if (!id.ok()) return id.status();
    ids.push_back(*std::move(id));
  }
  return ids;
}

class Impl {
 public:
  Impl(Engine& engine, HttpSourceOptions options)
      : engine_(engine), options_(std::move(options)), token_(options_.token), seal_(options_.token), looks_(engine, options_) {}

  void Handle(const HttpRequest& request, ExchangePtr exchange);

 private:
  bool Allowed(const HttpRequest& request) const;
  void Route(const HttpRequest& request, const RequestTarget& target, ExchangePtr exchange);

  void PostChanges(const std::string& body, ExchangePtr exchange);
  void PutFolders(const std::string& mailbox, const std::string& body, ExchangePtr exchange);
  void PostSync(const std::string& mailbox, const std::string& device, const std::string& body, ExchangePtr exchange);
  void PostSuspect(const std::string& body, ExchangePtr exchange);

  Engine& engine_;
  const HttpSourceOptions options_;
  const Secret token_;
  const TicketSeal seal_;
  const Looks looks_;
};

bool Impl::Allowed(const HttpRequest& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = Header(request, "Authorization");
  if (options_.token.empty() || given.size() <= kScheme.size() || !EqualsIgnoreCase(given.substr(0, kScheme.size()), kScheme)) return false;
  return token_.Is(given.substr(kScheme.size()));
}

void Impl::Handle(const HttpRequest& request, ExchangePtr exchange) {
  const std::optional<RequestTarget> target = ParseTarget(request.target);
  if (target && target->path.size() == 1 && target->path[0] == "healthz") {
    if (request.method != "GET" && request.method != "HEAD") return exchange->Respond(WrongMethod("GET, HEAD"));
    return exchange->Respond({.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = "ok\n"});
  }
  if (!Allowed(request)) {
    HttpResponse answer =
        ErrorAnswer(401, options_.token.empty() ? "this server has no ingest token: start it with --ingest-token-file FILE"
                                                : "send \"Authorization: Bearer TOKEN\" with the server's ingest token");
    answer.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"mailwake\"");
    return exchange->Respond(std::move(answer));
  }
  exchange->BelongsTo({});
  if (!target) return exchange->Respond(ErrorAnswer(400, "the path is malformed: \"%\" must be followed by two hexadecimal digits"));
  if (HasContentCoding(request)) {
    HttpResponse answer = ErrorAnswer(415, "send the body as it is: this server takes no Content-Encoding");
    answer.headers.emplace_back("Accept-Encoding", "identity");
    return exchange->Respond(std::move(answer));
  }
  if (request.body.size() > kMaxBodyBytes) {
    return exchange->Respond(ErrorAnswer(413, absl::StrCat("the body has over ", kMaxBodyBytes, " bytes: send it in parts")));
  }
  Route(request, *target, std::move(exchange));
}

void Impl::Route(const HttpRequest& request, const RequestTarget& target, ExchangePtr exchange) {
  const std::vector<std::string>& path = target.path;
  const auto is = [&](std::size_t size, const char* last) { return path[0] == "v1" && path.size() == size && path.back() == last; };
  const bool mailbox = path.size() >= 4 && path[1] == "mailboxes";
  const auto takes = [&](std::string_view method) {
    const bool get = method == "GET";  // and HEAD, of which the server leaves the body out
    const bool right = request.method == method || (get && request.method == "HEAD");
    if (!right) exchange->Respond(WrongMethod(get ? "GET, HEAD" : method));
    return right;
  };
  if (is(2, "changes")) {
    if (takes("POST")) PostChanges(request.body, exchange);
  } else if (is(2, "suspect")) {
    if (takes("POST")) PostSuspect(request.body, exchange);
  } else if (is(2, "pings")) {
    if (takes("GET")) exchange->Respond(looks_.Pings(target));
  } else if (is(2, "explain")) {
    if (takes("GET")) exchange->Respond(looks_.Explain(target));
  } else if (mailbox && is(4, "folders")) {
    if (takes("PUT")) PutFolders(path[2], request.body, exchange);
  } else if (mailbox && is(6, "sync") && path[3] == "devices") {
    if (takes("POST")) PostSync(path[2], path[4], request.body, exchange);
  } else if (path.size() == 1 && path[0] == "metrics") {
    if (takes("GET")) exchange->Respond(looks_.Metrics());
  } else {
    exchange->Respond(
        ErrorAnswer(404,
                    "no such path: there are /v1/changes, /v1/suspect, /v1/pings, /v1/explain, /v1/mailboxes/MAILBOX/folders, "
                    "/v1/mailboxes/MAILBOX/devices/DEVICE/sync, /metrics and /healthz"));
  }
}

void Impl::PostChanges(const std::string& body, ExchangePtr exchange) {
  const ChangeLines lines = ParseChangeLines(body);
  if (lines.bad_line != 0) return exchange->Respond(JsonAnswer(400, {{"line", lines.bad_line}, {"error", lines.error}}));
  std::string success = absl::StrCat("{\"accepted\":", lines.lines.size(), "}");
  if (lines.lines.empty()) return exchange->Respond(JsonTextAnswer(std::move(success)));
  engine_.Publish(lines.Changes(), AnswerWhenDurable(std::move(exchange), std::move(success)));
}

void Impl::PutFolders(const std::string& mailbox, const std::string& body, ExchangePtr exchange) {
  if (const absl::Status name = CheckName("the mailbox", mailbox, kMaxMailboxBytes); !name.ok())
    return exchange->Respond(ErrorAnswer(name));
  absl::StatusOr<std::vector<DeclaredFolder>> folders = ParseFolderList(body);
  if (!folders.ok()) return exchange->Respond(ErrorAnswer(folders.status()));
  std::string success = Write({{"folders", folders->size()}});
  engine_.SetFolders(mailbox, *std::move(folders), AnswerWhenDurable(std::move(exchange), std::move(success)));
}

void Impl::PostSync(const std::string& mailbox, const std::string& device, const std::string& body, ExchangePtr exchange) {
  const auto refuse = [&](const absl::Status& status) { exchange->Respond(ErrorAnswer(status)); };
  if (const absl::Status name = CheckName("the mailbox", mailbox, kMaxMailboxBytes); !name.ok()) return refuse(name);
  if (const absl::Status name = CheckName("the device", device, kMaxDeviceBytes); !name.ok()) return refuse(name);
  const absl::StatusOr<Json> json = ObjectOf(body, "{\"begin\":true} or {\"ticket\":\"...\",\"folders\":[\"...\"]}");
  if (!json.ok()) return refuse(json.status());

  const Json* begin = Find(*json, "begin");
  const Json* ticket = Find(*json, "ticket");
  if ((begin == nullptr) == (ticket == nullptr)) {
    return refuse(absl::InvalidArgumentError(
        "give either \"begin\":true, before the sync's data is read, or the \"ticket\" that this gave, after the answer was written"));
  }
  if (begin != nullptr) {
    if (*begin == Json(true)) return exchange->Respond(JsonAnswer(200, {{"ticket", seal_.Close(engine_.BeginSync(mailbox, device))}}));
    return refuse(absl::InvalidArgumentError(absl::StrCat("\"begin\" is ", Shown(*begin), ": it must be true")));
  }
  std::optional<SyncTicket> opened;
  if (ticket->is_string()) opened = seal_.Open(ticket->get_ref<const std::string&>(), mailbox, device);
  if (!opened) {
    return refuse(absl::InvalidArgumentError(
        "\"ticket\" was not given out here for this mailbox and device (or the ingest token has changed since): begin the sync again"));
  }
  const absl::StatusOr<std::vector<std::string>> ids = FolderIds(Find(*json, "folders"));
  if (!ids.ok()) return refuse(ids.status());
  const std::vector<std::string_view> views(ids->begin(), ids->end());
  engine_.EndSync(*opened, views, AnswerWhenDurable(std::move(exchange), Write({{"folders", ids->size()}})));
}

void Impl::PostSuspect(const std::string& body, ExchangePtr exchange) {
  const absl::StatusOr<Json> json = ObjectOf(body, kSuspectShape);
  if (!json.ok()) return exchange->Respond(ErrorAnswer(json.status()));
  for (const auto& [key, value] : json->items()) {
    // All mailboxes must not be what a mistyped name means.
    if (key != "mailbox")
      return exchange->Respond(ErrorAnswer(400, absl::StrCat(Shown(Json(key)), " is not known: the body must be ", kSuspectShape)));
  }
  if (json->empty()) {
    return engine_.Suspect(std::nullopt, AnswerWhenDurable(std::move(exchange), Write({{"suspect", "all"}})));
  }
  const absl::StatusOr<std::string> mailbox = NeedText(*json, "mailbox", 1, kMaxMailboxBytes);
  if (!mailbox.ok()) return exchange->Respond(ErrorAnswer(mailbox.status()));
  engine_.Suspect(*mailbox, AnswerWhenDurable(std::move(exchange), Write({{"suspect", *mailbox}})));
}

class Source final : public HttpSource {
 public:
  explicit Source(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  HttpHandler handler() override {
    return [impl = impl_](const HttpRequest& request, ExchangePtr exchange) { impl->Handle(request, std::move(exchange)); };
  }

 private:
  const std::shared_ptr<Impl> impl_;
};

}  // namespace
}  // namespace mailwake::http_source

namespace mailwake {

std::unique_ptr<HttpSource> NewHttpSource(Engine& engine, HttpSourceOptions options) {
  return std::make_unique<http_source::Source>(std::make_shared<http_source::Impl>(engine, std::move(options)));
}

}  // namespace mailwake
