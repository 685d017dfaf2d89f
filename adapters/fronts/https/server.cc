// SPDX-License-Identifier: Apache-2.0
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <utility>

#include "adapters/fronts/https/connection.h"
#include "adapters/fronts/https/listen_socket.h"
#include "adapters/fronts/https/listener.h"
#include "adapters/fronts/https/loop.h"
#include "adapters/fronts/https/server_state.h"
#include "mailwake/adapters/https_server.h"

namespace mailwake {
namespace {

using internal::FileDescriptor;
using internal::Listener;
using internal::Loop;
using internal::Networks;
using internal::ServerState;
using internal::TicketKeys;
using internal::TlsContext;

// OpenSSL writes to the socket without MSG_NOSIGNAL: a peer that went would end the process.
void IgnoreBrokenPipes() {
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL) ::signal(SIGPIPE, SIG_IGN);
}

class Server final : public HttpsServer {
 public:
  Server(FileDescriptor socket, std::shared_ptr<ServerState> state, std::shared_ptr<TicketKeys> tickets,
         const std::vector<HttpsLoop>& loops)
      : state_(std::move(state)), tickets_(std::move(tickets)), address_(internal::LocalAddress(socket.get())) {
    const std::size_t share = state_->options.max_reading_bytes / loops.size();
    for (const HttpsLoop& loop : loops) loops_.push_back(std::make_shared<Loop>(loop, state_, share));
    listener_ = std::make_shared<Listener>(std::move(socket), loops_, state_);
  }

  ~Server() override {
    listener_->Stop();
    state_->pool.Stop();
    for (const auto& loop : loops_) loop->CloseAll(Loop::Gone::kDrop);
    for (const auto& loop : loops_) loop->Detach();
    state_->router.Clear();
  }

  void Handle(std::string path, HttpHandler handler) override { state_->router.Add(std::move(path), std::move(handler)); }

  void Start() override {
    if (state_->has_tls()) state_->pool.Start(state_->options.handshake_threads);
    Loop::Work start = [listener = listener_] { listener->Start(); };
    loops_.front()->Post(start);
  }

  void StopAccepting() override {
    StopListening();
    ForEachLoop([](Loop& loop) { loop.Drain(); });
  }

  int TakeSocket() override {
    FileDescriptor socket = listener_->Release();
    ForEachLoop([](Loop& loop) { loop.CloseIdle(); });
    return socket.Release();
  }

  void GiveBack(int socket) override {
    ForEachLoop([](Loop& loop) { loop.Resume(); });
    listener_->Resume(FileDescriptor(socket));
  }

  void Close() override {
    StopListening();
    ForEachLoop([](Loop& loop) { loop.CloseAll(Loop::Gone::kTell); });
  }

  absl::Status ReloadCertificate() override {
    if (!state_->has_tls()) return absl::OkStatus();
    auto created = TlsContext::Create(state_->options, tickets_);
    if (!created.ok()) return created.status();
    state_->SetTls(*std::move(created));
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

  HttpsStats stats() const override {
    return {.connections = state_->connections.get(),
            .accepted = state_->accepted.get(),
            .refused = state_->refused.get(),
            .shed = state_->shed.get(),
            .handshakes = state_->handshakes.get(),
            .resumed = state_->resumed.get(),
            .handshake_failures = state_->handshake_failures.get(),
            .requests = state_->requests.get(),
            .bad_requests = state_->bad_requests.get(),
            .paused = state_->paused.get(),
            .certificate_ends = state_->has_tls() ? state_->tls()->ends() : 0};
  }

 private:
  void StopListening() {
    Loop::Work stop = [listener = listener_] { listener->Stop(); };
    loops_.front()->Post(stop);
  }

  void ForEachLoop(void (*call)(Loop&)) {
    for (const auto& loop : loops_) {
      Loop::Work work = [loop, call] { call(*loop); };
      loop->Post(work);
    }
  }

  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<TicketKeys> tickets_;  // the same for every certificate
  const std::string address_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::shared_ptr<Listener> listener_;
};

// Who may use a Unix socket is the file system's business.
std::vector<std::string> ProxiesOf(const HttpsOptions& options) {
  std::vector<std::string> proxies = options.proxies;
  if (internal::IsUnixAddress(options.listen)) proxies.emplace_back("::");
  return proxies;
}

// What the options alone say; no certificate: no TLS.
struct Parts {
  std::shared_ptr<TicketKeys> tickets;
  std::shared_ptr<const TlsContext> tls;
  Networks proxies;
};

absl::StatusOr<Parts> MakeParts(const HttpsOptions& options) {
  if (options.cert_file.empty() != options.key_file.empty())
    return absl::InvalidArgumentError(
        absl::StrCat(options.cert_file.empty() ? "a key" : "a certificate", " file without the other: give both cert and key, or neither"));
  if (options.max_unknown_requests_per_second > 1'000)
    return absl::InvalidArgumentError("max_unknown_requests_per_second is over 1,000; 0 allows any number");
  if (options.write_bytes_per_second == 0)
    return absl::InvalidArgumentError("write_bytes_per_second is 0: it must be a rate at which an answer ends, as 1024");
  const bool second = !options.second_cert_file.empty();
  if (second == options.second_key_file.empty() || (second && options.cert_file.empty()))
    return absl::InvalidArgumentError("a second certificate needs its key, and a first certificate");
  absl::StatusOr<Networks> proxies = Networks::Parse(ProxiesOf(options));
  if (!proxies.ok()) return proxies.status();
  Parts parts{.tickets = nullptr, .tls = nullptr, .proxies = *std::move(proxies)};
  if (options.cert_file.empty()) return parts;
  auto opened = TicketKeys::Open(options.ticket_key_file, std::time(nullptr));
  if (!opened.ok()) return opened.status();
  parts.tickets = *std::move(opened);
  auto created = TlsContext::Create(options, parts.tickets);
  if (!created.ok()) return created.status();
  parts.tls = *std::move(created);
  return parts;
}

}  // namespace

absl::StatusOr<int> HttpsServer::Listen(const std::string& address) {
  absl::StatusOr<FileDescriptor> socket = internal::Listen(address);
  if (!socket.ok()) return socket.status();
  return socket->Release();
}

std::string HttpsServer::AddressOf(int socket) { return internal::LocalAddress(socket); }

absl::Status HttpsServer::Check(const HttpsOptions& options) { return MakeParts(options).status(); }

absl::StatusOr<std::unique_ptr<HttpsServer>> HttpsServer::Create(const HttpsOptions& options, std::vector<HttpsLoop> loops) {
  FileDescriptor taken(options.socket);
  if (loops.empty() || std::any_of(loops.begin(), loops.end(), [](const HttpsLoop& loop) { return loop.io == nullptr; }))
    return absl::InvalidArgumentError("the HTTPS server needs at least one event loop");
  absl::StatusOr<Parts> parts = MakeParts(options);
  if (!parts.ok()) return parts.status();
  absl::StatusOr<FileDescriptor> socket = taken.get() >= 0 ? std::move(taken) : internal::Listen(options.listen);
  if (!socket.ok()) return socket.status();
  IgnoreBrokenPipes();
  auto state = std::make_shared<ServerState>(options, std::move(parts->proxies), std::move(parts->tls));
  return std::make_unique<Server>(*std::move(socket), std::move(state), std::move(parts->tickets), loops);
}

}  // namespace mailwake
