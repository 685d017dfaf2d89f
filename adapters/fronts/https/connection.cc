// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/connection.h"

#include <absl/hash/hash.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "adapters/fronts/https/forwarded.h"
#include "adapters/fronts/https/response_text.h"
#include "mailwake/adapters/http_text.h"

namespace mailwake::internal {
namespace {

// After this many steps other connections of the loop come first.
constexpr int kMostSteps = 64;
// A request that is whole and no larger is served, however much others hold: a PING.
constexpr std::size_t kSmall = 4 * 1024;
// Requests of somebody unknown may come at once that should take so long.
constexpr std::chrono::seconds kUnknownBurst{4};

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop, FileDescriptor socket, const PeerAddress& peer)
    : loop_(std::move(loop)), socket_(std::move(socket)), peer_(peer) {
  if (loop_->server().tls() == nullptr) stream_ = NewPlainStream(socket_.get());
  readable_ = stream_ != nullptr;
  address_counted_ = !loop_->server().proxies.Contain(peer_);
  proxy_header_ = !address_counted_ && loop_->server().options.proxy_protocol;
}

Connection::~Connection() = default;

void Connection::Start() {
  self_ = shared_from_this();
  SetState(ConnectionState::kHandshake);
  if (!loop_->poller().Add(socket_.get(), *this)) return Close(Loop::Gone::kDrop);
  Run();
}

void Connection::Ready(std::uint32_t events) {
  hung_up_ |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  readable_ |= hung_up_ || (events & EPOLLIN) != 0;
  Run();
}

void Connection::Run() {
  if (running_) return;
  const auto alive = shared_from_this();
  running_ = true;
  int steps = 0;
  while (Step()) {
    if (++steps < kMostSteps) continue;
    loop_->PostOrRun([alive] { alive->Run(); });
    break;
  }
  running_ = false;
}

bool Connection::Step() {
  switch (state) {
    case ConnectionState::kHandshake:
      return proxy_header_ ? StepProxy() : StepHandshake();
    case ConnectionState::kStranger:
    case ConnectionState::kIdle:
    case ConnectionState::kReading:
      return StepRead();
    case ConnectionState::kWriting:
      return StepWrite();
    case ConnectionState::kLingering:
      return StepLinger();
    case ConnectionState::kWaiting:
      return StepWait();
    case ConnectionState::kPaused:
      if (hung_up_) Close(Loop::Gone::kDrop);
      break;
    case ConnectionState::kHeld:
    case ConnectionState::kClosed:
      break;
  }
  return false;
}

// There is nothing to do until the socket is ready.
bool Connection::WaitFor(IoStatus want) {
  if (want == IoStatus::kWantRead) readable_ = false;
  return false;
}

bool Connection::StepRead() {
  if (held_ != nullptr) {
    const std::unique_ptr<std::string> held = TakeHeld();
    return Consume(*held);
  }
  if (!readable_) return false;
  const IoResult got = stream_->Read(loop_->buffer(), kReadSize);
  readable_ = got.more || hung_up_ || got.status == IoStatus::kWantWrite;
  if (got.status == IoStatus::kDone) return Consume({loop_->buffer(), got.bytes});
  if (got.status != IoStatus::kGone) return WaitFor(got.status);
  Close(Loop::Gone::kDrop);
  return false;
}

bool Connection::Consume(std::string_view bytes) {
  if (reader_ == nullptr) reader_ = loop_->TakeReader();
  std::size_t used = 0;
  const RequestReader::Progress progress = reader_->Read(bytes, used);
  const std::size_t buffered = reader_->buffered();
  const bool room = loop_->CountReading(static_cast<std::ptrdiff_t>(buffered) - static_cast<std::ptrdiff_t>(counted_));
  counted_ = buffered;
  switch (progress) {
    case RequestReader::Progress::kDone:
      if (room || buffered <= kSmall) return Serve(bytes.substr(used));
      break;
    case RequestReader::Progress::kFailed:
      loop_->server().bad_requests.Add();
      Refuse(reader_->error().status, reader_->error().text);
      return true;
    case RequestReader::Progress::kMore:
    case RequestReader::Progress::kContinue:
      break;
  }
  if (!room) {
    Refuse(503, "too many requests are being read at once; try again in a minute");
    return true;
  }
  if (state != ConnectionState::kReading && reader_->started()) SetState(ConnectionState::kReading);
  if (progress == RequestReader::Progress::kContinue) Send(std::string(kContinueText), After::kBody, nullptr);
  return true;
}

bool Connection::Serve(std::string_view rest) {
  if (!rest.empty()) {
    held_ = std::make_unique<std::string>(rest);
    loop_->CountReading(static_cast<std::ptrdiff_t>(held_->size()));
  }
  HttpRequest request = reader_->TakeRequest();
  keep_alive_ = reader_->keep_alive();
  http_1_0_ = reader_->http_1_0();
  head_ = request.method == "HEAD";
  request.early = std::exchange(early_, false);
  loop_->GiveBack(std::move(reader_));  // what it took is counted until it is known whose the request is, or it is answered
  request.target = OriginForm(std::move(request.target));
  const Networks& proxies = loop_->server().proxies;
  request.peer = (proxies.Contain(peer_) ? ClientOf(request.headers, peer_, proxies) : peer_).ToString();
  loop_->server().requests.Add();
  CountUnknown();
  SetState(ConnectionState::kWaiting);
  auto exchange = std::make_shared<Exchange>(shared_from_this());
  exchange_ = exchange;
  if (const HttpHandler* handler = loop_->server().router.Find(request.target)) {
    (*handler)(std::move(request), std::move(exchange));
  } else {
    exchange->Respond(TextResponse(404, "nothing is served under this path"));
  }
  if (state == ConnectionState::kWaiting && held_ != nullptr) SetState(ConnectionState::kHeld);
  return true;
}

// The socket is readable while the request waits: has the peer gone, or sent more?
bool Connection::StepWait() {
  if (!readable_) return false;
  switch (const IoStatus peer = stream_->Peek()) {
    case IoStatus::kDone:
      SetState(ConnectionState::kHeld);  // not read before the answer: a peer cannot make us keep more
      return false;
    case IoStatus::kGone:
      Close(Loop::Gone::kTell);
      return false;
    default:
      return WaitFor(peer);
  }
}

void Connection::CheckHeld() {
  if (state != ConnectionState::kHeld) return;
  // Unread bytes make the socket readable for good, so an event loop cannot tell; the hang-up flags can.
  pollfd look{.fd = socket_.get(), .events = POLLRDHUP, .revents = 0};
  if (::poll(&look, 1, 0) == 1) Close(Loop::Gone::kTell);
}

void Connection::Answer(const HttpResponse& response, Written written) {
  if (state != ConnectionState::kWaiting && state != ConnectionState::kHeld) {
    if (written) loop_->PostOrRun([written = std::move(written)]() mutable { written(false); });
    return;
  }
  gone_ = nullptr;
  Uncount();
  early_ = state == ConnectionState::kHeld || held_ != nullptr;
  const bool keep_alive = keep_alive_ && !response.close && !loop_->draining();
  const ResponseContext context{.keep_alive = keep_alive, .http_1_0 = http_1_0_, .head = head_, .date = loop_->date()};
  const After otherwise = state == ConnectionState::kHeld ? After::kLinger : After::kClose;
  Send(ResponseText(response, context), keep_alive ? After::kNextRequest : otherwise, std::move(written));
  Run();
}

void Connection::OnGone(absl::AnyInvocable<void()> gone) {
  if (state == ConnectionState::kWaiting || state == ConnectionState::kHeld) gone_ = std::move(gone);
}

// A request costs whoever sends it less than us. Until somebody is known on the connection, it is served at a rate only: the rest stays
// with the kernel, and others come first.
void Connection::CountUnknown() {
  const Gcra::Duration each = loop_->server().unknown_each;
  if (each.count() > 0 && address_counted_) unknown_.Count(ConnectionLists::Clock::now(), each);
}

bool Connection::AsksTooOften() const {
  if (unknown_.unused()) return false;
  return unknown_.WaitFor(ConnectionLists::Clock::now(), loop_->server().unknown_each, kUnknownBurst).count() > 0;
}

// False: there is no room for what it has sent already.
bool Connection::Pause() {
  loop_->server().paused.Add();
  SetState(ConnectionState::kPaused);
  return held_ == nullptr || loop_->CountReading(0);
}

std::unique_ptr<std::string> Connection::TakeHeld() {
  if (held_ != nullptr) loop_->CountReading(-static_cast<std::ptrdiff_t>(held_->size()));
  return std::move(held_);
}

bool Connection::BelongsTo(std::string_view user) {
  ServerState& server = loop_->server();
  unknown_ = {};
  known_ = true;
  Uncount();
  if (user.empty()) return true;
  if (!address_counted_ || state == ConnectionState::kClosed) return true;
  const std::uint64_t hash = absl::HashOf(user) | 1;
  if (hash == user_) return true;
  if (!server.AcquireUser(hash, user)) return false;
  if (user_ != 0) server.users.Release(user_);
  user_ = hash;
  return true;
}

void Connection::Refuse(int status, std::string_view text) {
  DropReader();
  HttpResponse response = TextResponse(status, text);
  if (status == 503) response.headers.emplace_back("Retry-After", std::to_string(SomeSeconds(30, 90)));
  Send(ResponseText(response, {.keep_alive = false, .date = loop_->date()}), After::kLinger, nullptr);
}

void Connection::Send(std::string bytes, After after, Written written) {
  const HttpsOptions& options = loop_->server().options;
  const auto until =
      ConnectionLists::Clock::now() + options.write_timeout + std::chrono::seconds(bytes.size() / options.write_bytes_per_second);
  out_ = std::make_unique<Outgoing>(Outgoing{.bytes = std::move(bytes), .after = after, .written = std::move(written), .until = until});
  SetState(ConnectionState::kWriting);
}

bool Connection::StepWrite() {
  if (out_->done) return false;
  const IoResult put = stream_->Write(out_->bytes.data() + out_->sent, out_->bytes.size() - out_->sent);
  if (put.status != IoStatus::kDone && put.status != IoStatus::kGone) return WaitFor(put.status);
  out_->sent += put.bytes;
  const bool rest = out_->sent < out_->bytes.size();
  if (put.status == IoStatus::kGone || (rest && ConnectionLists::Clock::now() > out_->until)) {
    Close(Loop::Gone::kDrop);
    return false;
  }
  SetState(ConnectionState::kWriting);  // progress: the time starts anew
  if (rest) return true;
  if (out_->after == After::kBody) {
    out_.reset();
    SetState(ConnectionState::kReading);
    return true;
  }
  out_->done = true;
  // Not from here: the handler may be on the stack, and `written` may well come back to us.
  loop_->PostOrRun([self = shared_from_this()] { self->AfterWrite(); });
  return false;
}

void Connection::AfterWrite() {
  const std::unique_ptr<Outgoing> out = std::move(out_);
  if (out->written) out->written(true);
  if (state == ConnectionState::kClosed) return;
  if (out->after == After::kNextRequest && !loop_->draining()) {
    if (!AsksTooOften()) {
      SetIdle();
    } else if (!Pause()) {
      return Close(Loop::Gone::kDrop);
    }
  } else if (out->after == After::kLinger) {
    stream_->Finish();
    SetState(ConnectionState::kLingering);
  } else {
    return Close(Loop::Gone::kDrop);
  }
  Run();
}

// Reads and forgets: closing with bytes unread would reset the connection, and the peer might never see the answer.
bool Connection::StepLinger() {
  const ssize_t got = ::read(socket_.get(), loop_->buffer(), kReadSize);
  if (got > 0) return true;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return WaitFor(IoStatus::kWantRead);
  Close(Loop::Gone::kDrop);
  return false;
}

void Connection::Expire() {
  if (state == ConnectionState::kHandshake) loop_->server().handshake_failures.Add();
  if (state == ConnectionState::kReading) {
    Refuse(408, "the request took too long to arrive");
    return Run();
  }
  if (state == ConnectionState::kPaused) {
    SetIdle();
    return Run();
  }
  Close(Loop::Gone::kDrop);
}

void Connection::DropReader() {
  Uncount();
  loop_->GiveBack(std::move(reader_));
}

void Connection::Uncount() { loop_->CountReading(-static_cast<std::ptrdiff_t>(std::exchange(counted_, 0))); }

void Connection::Close(Loop::Gone tell) {
  const auto alive = shared_from_this();
  const bool polite = state == ConnectionState::kStranger || state == ConnectionState::kIdle || state == ConnectionState::kPaused ||
                      state == ConnectionState::kWriting;
  loop_->Remove(*this);
  const Turn turn = turn_.exchange(Turn::kClosed);
  if (turn == Turn::kClosed) return;
  loop_->poller().Remove(socket_.get(), *this);
  if (polite && stream_ != nullptr) stream_->Finish();
  if (turn != Turn::kPool) {
    stream_.reset();
    socket_ = FileDescriptor();
  }
  DropReader();
  TakeHeld();
  if (address_counted_) loop_->server().addresses.Release(peer_.limit_key());
  if (user_ != 0) loop_->server().users.Release(std::exchange(user_, 0));
  loop_->server().connections.Subtract();
  self_.reset();
  if (out_ != nullptr && !out_->done && out_->written) {
    loop_->PostOrRun([written = std::move(out_->written)]() mutable { written(false); });
  }
  if (out_ != nullptr && !out_->done) out_.reset();
  const auto exchange = exchange_.lock();
  absl::AnyInvocable<void()> gone = std::exchange(gone_, nullptr);
  const bool told = tell == Loop::Gone::kTell && gone;
  if (exchange != nullptr && exchange->MarkGone(told) && told) gone();
}

}  // namespace mailwake::internal
