// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/service.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "adapters/server/account_watch.h"
#include "adapters/server/alarm_log.h"
#include "adapters/server/become_user.h"
#include "adapters/server/block_list.h"
#include "adapters/server/certificate.h"
#include "adapters/server/event_loops.h"
#include "adapters/server/file_limit.h"
#include "adapters/server/handover.h"
#include "adapters/server/log.h"
#include "adapters/server/log_limit.h"
#include "adapters/server/memory_limit.h"
#include "adapters/server/secret_file.h"
#include "adapters/server/server_metrics.h"
#include "adapters/server/shutdown.h"
#include "adapters/server/supervisor.h"
#include "mailwake/adapters/activesync.h"
#include "mailwake/adapters/asio_driver.h"
#include "mailwake/adapters/authenticator.h"
#include "mailwake/adapters/http_source.h"
#include "mailwake/adapters/https_server.h"
#include "mailwake/adapters/sqlite_store.h"
#include "mailwake/engine.h"
#include "mailwake/observers.h"

namespace mailwake::server {
namespace {

class Impl final : public Service {
 public:
  explicit Impl(const Config& config) : config_(config), loops_(config.threads, config.pin_loops) {}
  ~Impl() override;

  // In this order.
  absl::Status OpenStore(bool take_over);
  absl::Status MakeEngine();
  absl::Status MakeServer();
  int Run() override;

 private:
  Options EngineOptions();
  HttpsOptions ServerOptions(const CertificateFiles& certificate);
  absl::Status LeaveRoot(bool take_over);
  absl::Status ReadToken();
  absl::Status TakePlace();
  void AwaitReload();
  void WarnOfCertificate();
  void AwaitUpgrade(const Shutdown& shutdown);
  void GiveAway(const Handover::Next& next, int socket, Shutdown& shutdown);
  void LoginRefused(const std::string& user, const std::string& peer);

  Config config_;
  std::string store_path_;
  std::string token_;
  std::size_t connections_ = 0;  // that files and memory allow
  int socket_ = -1;              // bound before the rest, or of the server before; until HttpsServer has it
  std::optional<Place> place_;   // that was taken over
  int shared_lock_ = -1;         // of the store, to be given away
  LogLimit login_log_{60};
  LogLimit address_log_{1};
  std::atomic<std::uint64_t> logins_refused_{0};
  BlockList blocked_;

  // In the order in which they need each other; what is below goes first.
  EventLoops loops_;
  std::unique_ptr<SqliteStore> store_;
  std::vector<HttpsLoop> server_loops_;
  std::unique_ptr<Engine> engine_;
  AsioDriver driver_;
  std::unique_ptr<Authenticator> authenticator_;
  std::unique_ptr<ActiveSync> activesync_;
  std::unique_ptr<HttpSource> source_;
  std::unique_ptr<HttpsServer> server_;
  std::unique_ptr<AccountWatch> account_watch_;
  std::optional<Handover> handover_;
  std::optional<boost::asio::signal_set> reload_, upgrade_;
};

Impl::~Impl() {
  reload_.reset();
  upgrade_.reset();
  handover_.reset();
  account_watch_.reset();
  server_.reset();
  authenticator_.reset();  // its threads answer requests: first of all that these use
  driver_.Stop();
}

absl::Status Impl::OpenStore(bool take_over) {
  absl::StatusOr<std::string> path = StorePath(config_.store);
  if (!path.ok()) return path.status();
  store_path_ = *std::move(path);
  if (absl::Status left = LeaveRoot(take_over); !left.ok()) return left;
  if (absl::Status read = ReadToken(); !read.ok()) return read;
  if (take_over) {
    if (absl::Status taken = TakePlace(); !taken.ok()) return taken;
  }
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenSqliteStore(
      store_path_,
      {.lock = place_ ? place_->lock : -1, .gather = [this](absl::AnyInvocable<void()> wake) { loops_.AfterThisTurn(std::move(wake)); }});
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  absl::StatusOr<std::unique_ptr<Authenticator>> authenticator =
      NewPasswordAuthenticator(store_->accounts(), store_path_ + ".key", {.threads = config_.password_threads});
  if (!authenticator.ok()) return authenticator.status();
  authenticator_ = *std::move(authenticator);
  return absl::OkStatus();
}

// Only the address is bound before, as its port may be below 1024. Whoever has it already is the server to take over.
absl::Status Impl::LeaveRoot(bool take_over) {
  if (config_.user.empty()) return absl::OkStatus();
  if (::geteuid() == 0 && !IsUnix(config_.listen)) {
    const absl::StatusOr<int> socket = HttpsServer::Listen(config_.listen);
    if (!socket.ok() && !(take_over && absl::IsAlreadyExists(socket.status()))) return socket.status();
    socket_ = socket.value_or(-1);
  }
  if (absl::Status became = BecomeUser(config_.user); !became.ok()) return became;
  LogInfo(absl::StrCat("user: ", config_.user));
  return absl::OkStatus();
}

// As the user, who reads it again when the next server is started.
absl::Status Impl::ReadToken() {
  if (config_.ingest_token_file.empty()) {
    LogWarning(
        "/v1 refuses everything: no ingest token; make one with: openssl rand -hex 32 > token, and start with --ingest-token-file token");
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> token = ReadTokenFile(config_.ingest_token_file);
  if (token.ok()) token_ = *token;
  if (token.ok() || config_.user.empty()) return token.status();
  return absl::InvalidArgumentError(absl::StrCat(token.status().message(), "; ", config_.user, " must be able to read it"));
}

// From the server that runs. Whatever can be found wrong is found before, and what takes long is done before.
absl::Status Impl::TakePlace() {
  const absl::StatusOr<CertificateFiles> certificate = FindCertificate(config_, store_path_);
  if (!certificate.ok()) return certificate.status();
  if (absl::Status checked = HttpsServer::Check(ServerOptions(*certificate)); !checked.ok()) return checked;
  if (absl::Status checked = CheckSqliteStore(store_path_); !checked.ok()) return checked;
  if (absl::Status checked = CheckKeyFile(store_path_ + ".key"); !checked.ok()) return checked;
  absl::StatusOr<std::optional<Place>> place = TakeOver(store_path_);
  if (!place.ok()) return place.status();
  place_ = *std::move(place);
  if (!place_) {
    LogWarning("--take-over: no server runs on this store; starting as without it");
    return absl::OkStatus();
  }
  if (socket_ >= 0) ::close(socket_);
  socket_ = place_->socket;
  // TLS or not, who is a proxy: as goes with the socket that there is, not with the one that is configured.
  const std::string address = HttpsServer::AddressOf(socket_);
  if (address != config_.listen && !config_.listen.ends_with(":0"))
    LogWarning(absl::StrCat("listening on ", address, ", as the server before: listen = \"", config_.listen,
                            "\" counts from the next start without --take-over"));
  if (IsUnix(address) && !IsUnix(config_.listen)) config_.cert = config_.key = config_.tls_second_cert = config_.tls_second_key = "";
  config_.listen = address;
  return absl::OkStatus();
}

Options Impl::EngineOptions() {
  Options options{.heartbeat_min = config_.heartbeat_min,
                  .heartbeat_max = config_.heartbeat_max,
                  .coalesce = config_.coalesce,
                  .acknowledge = config_.acknowledge};
  const std::size_t files = RaiseFileLimit(), memory = MemoryLimit(MachineMemory());
  connections_ = std::min(ConnectionsFor(files), std::max(ConnectionsIn(memory), ConnectionsOf(config_.pings.value_or(0))));
  options.limits.pings = config_.pings.value_or(PingsFor(connections_));
  options.limits.pings_per_mailbox = config_.pings_per_mailbox;
  options.limits.memory_bytes = config_.memory_mib ? *config_.memory_mib << 20 : EngineMemoryIn(memory);
  options.limits.folders_per_ping = config_.folders_per_ping;
  options.seed = std::random_device()();
  LogInfo(absl::StrCat("PINGs: at most ", options.limits.pings, config_.pings ? " (limits.pings)" : "", "; the limit of open files is ",
                       files, ", of memory ", memory >> 20, " MiB"));
  if (options.limits.pings > connections_) {
    LogWarning(absl::StrCat("limits.pings is above what ", files, " open files and ", memory >> 20, " MiB of memory allow (", connections_,
                            "): raise the hard limit (LimitNOFILE in systemd, ulimit -Hn), or give it more memory"));
  }
  return options;
}

absl::Status Impl::MakeEngine() {
  absl::StatusOr<std::unique_ptr<Engine>> engine = Engine::Create(driver_.Bind(EngineOptions(), loops_.first()), *store_);
  if (!engine.ok()) return engine.status();
  engine_ = *std::move(engine);
  engine_->observers().heartbeat_alarm.connect([](const HeartbeatReport& report) { LogWarning(AlarmText(report)); });
  driver_.Start(*engine_);
  server_loops_.push_back({&loops_.first(), 0});
  for (std::size_t i = 1; i < loops_.size(); ++i) server_loops_.push_back({&loops_[i], driver_.AddLoop(loops_[i])});
  return absl::OkStatus();
}

HttpsOptions Impl::ServerOptions(const CertificateFiles& certificate) {
  return {.listen = config_.listen,
          .socket = socket_,
          .cert_file = certificate.cert,
          .key_file = certificate.key,
          .second_cert_file = config_.tls_second_cert,
          .second_key_file = config_.tls_second_key,
          .handshake_threads = loops_.size(),
          .tls_1_3_only = config_.tls_1_3_only,
          .ciphers = config_.tls_ciphers,
          .client_ca_file = config_.tls_client_ca,
          .ocsp_response_file = config_.tls_ocsp_response,
          .ticket_key_file = store_path_ + ".tickets",
          .proxies = config_.proxies,
          .proxy_protocol = config_.proxy_protocol,
          .max_connections = connections_,
          .max_connections_per_address = config_.connections_per_address,
          .max_connections_per_user = config_.connections_per_user,
          .max_unknown_requests_per_second = config_.unknown_requests_per_second,
          .max_reading_bytes = ReadingMemoryIn(MemoryLimit(MachineMemory()), loops_.size()),
          .address_refused =
              [this](const std::string& address) {
                LogWarning(address_log_, absl::StrCat("refused a connection: ", address, " has ", config_.connections_per_address,
                                                      " connections (limits.connections_per_address)"));
              },
          .user_refused =
              [this](const std::string& user) {
                LogWarning(address_log_, absl::StrCat("refused a connection: ", user, " has ", config_.connections_per_user,
                                                      " connections (limits.connections_per_user)"));
              }};
}

void Impl::LoginRefused(const std::string& user, const std::string& peer) {
  ++logins_refused_;
  LogWarning(login_log_, absl::StrCat("refused login from ", peer, " of ", Quoted(user), ": wrong user or password"));
}

absl::Status Impl::MakeServer() {
  const absl::StatusOr<CertificateFiles> certificate = FindCertificate(config_, store_path_);
  if (!certificate.ok()) return certificate.status();
  absl::StatusOr<std::unique_ptr<HttpsServer>> server = HttpsServer::Create(ServerOptions(*certificate), server_loops_);
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  WarnOfCertificate();

  const ActiveSyncOptions options{
      .heartbeat_min = config_.heartbeat_min,
      .heartbeat_max = config_.heartbeat_max,
      .max_folders = static_cast<int>(config_.folders_per_ping),
      .acknowledge = config_.acknowledge,
      .requests_per_user_minute = config_.requests_per_user_minute,
      .requests_per_address_minute = config_.requests_per_address_minute,
      .too_many_requests =
          [this](const std::string& who) {
            LogWarning(address_log_, absl::StrCat("refused a request: ", who, " sends too many a minute (limits.requests_per_*)"));
          },
      .login_refused = [this](const std::string& user, const std::string& peer) { LoginRefused(user, peer); },
      .blocked = [this](std::string_view mailbox, std::string_view device) { return blocked_.Holds(mailbox, device); }};
  activesync_ = NewActiveSync(*engine_, *authenticator_, store_->front_state(), nullptr, options);
  source_ = NewHttpSource(
      *engine_, {.token = token_,
                 .more_metrics = [this] { return ServerMetricsText(server_->stats(), logins_refused_); },
                 .throttled = [this](std::string_view mailbox, std::string_view device) { return activesync_->Throttled(mailbox, device); },
                 .blocked = options.blocked});
  server_->Handle("/Microsoft-Server-ActiveSync", activesync_->handler());
  for (const char* path : {"/v1/", "/metrics", "/healthz"}) server_->Handle(path, source_->handler());
  account_watch_ = std::make_unique<AccountWatch>(loops_.first(), store_->accounts(), *authenticator_, *engine_, blocked_);
  if (absl::Status begun = account_watch_->Begin(); !begun.ok()) return begun;
  return absl::OkStatus();
}

void Impl::WarnOfCertificate() {
  const std::string warning = EndWarning(server_->stats().certificate_ends, std::time(nullptr));
  if (!warning.empty()) LogWarning(warning);
}

// SIGHUP: a certificate was renewed. Connections that are open stay as they are.
void Impl::AwaitReload() {
  reload_->async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    const absl::Status reloaded = server_->ReloadCertificate();
    if (reloaded.ok()) {
      LogInfo("SIGHUP: the certificate was read again");
      WarnOfCertificate();
    } else {
      LogError(absl::StrCat("SIGHUP: the certificate stays as it was: ", std::string(reloaded.message())));
    }
    AwaitReload();
  });
}

// SIGUSR2: another program was installed.
void Impl::AwaitUpgrade(const Shutdown& shutdown) {
  upgrade_->async_wait([this, &shutdown](boost::system::error_code error, int) {
    if (error) return;
    if (shutdown.began()) {
      LogInfo("SIGUSR2: this server is giving up its place already");
    } else {
      absl::Status started;
      loops_.WithAllProcessors([&] { started = StartNext(); });
      if (!started.ok()) LogError(absl::StrCat("SIGUSR2: ", std::string(started.message())));
    }
    AwaitUpgrade(shutdown);
  });
}

void Impl::GiveAway(const Handover::Next& next, int socket, Shutdown& shutdown) {
  account_watch_.reset();
  handover_->Close();
  store_->Release();
  handover_->Give(next, socket, shared_lock_, [&shutdown](bool serves) { shutdown.Followed(serves); });
  ::close(socket);
  ::close(shared_lock_);
}

int Impl::Run() {
  Shutdown::End end = Shutdown::End::kClean;
  Shutdown shutdown(loops_.first(), *engine_, *server_, store_->front_state(), config_.drain, [&](Shutdown::End how) {
    end = how;
    loops_.Stop();
  });
  reload_.emplace(loops_.first(), SIGHUP);
  AwaitReload();
  upgrade_.emplace(loops_.first(), SIGUSR2);
  AwaitUpgrade(shutdown);
  handover_.emplace(loops_.first(), store_path_, [&](const Handover::Next& next) {
    shutdown.HandOver({.still_waits =
                           [this, next] {
                             if (!Handover::StillWaits(next)) return false;
                             shared_lock_ = store_->ShareLock();
                             return shared_lock_ >= 0;
                           },
                       .release = [&, next](int socket) { GiveAway(next, socket, shutdown); }});
  });
  server_->Start();
  loops_.Run([this] {
    std::printf("mailwake ready %s%s\n", IsUnix(config_.listen) ? "" : "https://", server_->address().c_str());
    std::fflush(stdout);
    TellReady();
    if (place_) TellServing(*place_);
  });
  if (end == Shutdown::End::kNotDurable) {
    // The store still holds callbacks into the engine, so nothing may be taken apart.
    LogError("the store did not become durable in time: what was not acknowledged may be lost");
    ::_exit(kExitFailure);
  }
  if (end == Shutdown::End::kNobodyServes) return kExitFailure;
  LogInfo("ended");
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Service>> Service::Create(const Config& config, bool take_over) {
  auto service = std::make_unique<Impl>(config);
  if (absl::Status opened = service->OpenStore(take_over); !opened.ok()) return opened;
  if (absl::Status made = service->MakeEngine(); !made.ok()) return made;
  if (absl::Status made = service->MakeServer(); !made.ok()) return made;
  return service;
}

}  // namespace mailwake::server
