// SPDX-License-Identifier: Apache-2.0
//
// mailwake-waiters: the command line.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "bench/fleet/host.h"
#include "bench/fleet/mailboxes.h"
#include "bench/waiters/measurements.h"
#include "bench/waiters/returns.h"

namespace {

constexpr const char* kAbout =
    "mailwake-waiters: connections that wait at a server over TLS, and what they cost it: memory, CPU, latency of a wake.\n"
    "The same client for mailwake (a PING of 8 folders) and for nginx with nchan (a long poll of one channel). bench/rivals/nchan/compare\n"
    "starts both servers and runs it.\n";

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "mailwake-waiters: %s\n", std::string(status.message()).c_str());
  return 2;
}

// 0: there is none.
int NextServer() {
  std::printf("next\n");
  std::fflush(stdout);
  int pid = 0;
  return std::scanf("%d", &pid) == 1 ? pid : 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace mailwake;           // NOLINT(google-build-using-namespace): main has none of its own
  using namespace mailwake::waiters;  // NOLINT(google-build-using-namespace)
  MeasureOptions options;
  std::string server = "https://127.0.0.1:8443", speak = "mailwake", token_file;
  bool print_passwd = false, hold = false, steady = false, load = false, returns = false, tls_1_2 = false;
  int heartbeat_s = 1800;
  CLI::App app(kAbout);
  app.add_option("--server", server, "where it listens")->capture_default_str();
  app.add_option("--speak", speak, "whose language")->check(CLI::IsMember({"mailwake", "nchan"}))->capture_default_str();
  app.add_option("--token-file", token_file, "mailwake: the file given to `mailwake serve --ingest-token-file`");
  app.add_option("--server-pid", options.server_pid, "its process; its children count too");
  app.add_option("--waiting", options.waiting, "connections")->check(CLI::Range(1, 60'000))->capture_default_str();
  app.add_option("--rate", options.rate, "wakes a second, for the latency")->capture_default_str();
  app.add_option("--seconds", options.seconds, "for each figure")->capture_default_str();
  app.add_option("--idle-seconds", options.idle_seconds, "for the CPU of waiting")->capture_default_str();
  app.add_option("--publishers", options.publishers, "publishing connections")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--batch", options.batch, "wakes a publish, where the server takes several")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  app.add_option("--heartbeat", heartbeat_s, "mailwake: of each PING, s")->check(CLI::Range(60, 3540))->capture_default_str();
  app.add_flag("--hold", hold, "only hold them until each heartbeat has ended once");
  app.add_flag("--steady", steady, "only the latency at --rate");
  app.add_flag("--load", load, "only what a wake costs at full load");
  app.add_flag("--returns", returns,
               "only what it costs when all come back to a server that was restarted, by full handshakes and by tickets. Before each\n"
               "round it prints `next` and reads the new process from standard input");
  app.add_flag("--tls-1-2", tls_1_2, "TLS 1.2 at most");
  app.add_flag("--print-passwd", print_passwd, "mailwake: print the accounts to import, and stop");
  CLI11_PARSE(app, argc, argv);
  if (print_passwd) {
    for (WaiterIndex i = 0; i < options.waiting; ++i) std::fputs(fleet::PasswdLine(i, "fleet").c_str(), stdout);
    return 0;
  }
  if (options.server_pid == 0 && !returns)
    return Fail(absl::InvalidArgumentError("--server-pid is needed: there the memory and the CPU are read"));
  std::signal(SIGPIPE, SIG_IGN);
  if (absl::Status status = fleet::AllowOpenFiles(options.waiting + options.publishers + 50); !status.ok()) return Fail(status);
  absl::StatusOr<fleet::Target> target = fleet::ResolveServer(server);
  if (!target.ok()) return Fail(target.status());
  auto tls = fleet::TlsContext::Create("", true);
  if (!tls.ok()) return Fail(tls.status());
  target->tls = *std::move(tls);
  if (tls_1_2) target->tls->AtMostTls12();
  if (returns) target->tls->KeepSessions();
  options.heartbeat = std::chrono::seconds(heartbeat_s);
  std::string token;
  if (!token_file.empty()) {
    absl::StatusOr<std::string> read = fleet::ReadToken(token_file);
    if (!read.ok()) return Fail(read.status());
    token = *std::move(read);
  }
  const std::unique_ptr<Speech> speech =
      speak == "nchan" ? NchanSpeech(target->host) : MailwakeSpeech(target->host, "fleet", options.heartbeat);
  absl::StatusOr<nlohmann::ordered_json> figures = hold      ? MeasureHold(options, *target, *speech)
                                                   : steady  ? MeasureLatency(options, *target, *speech, token)
                                                   : load    ? MeasureLoad(options, *target, *speech, token)
                                                   : returns ? MeasureReturns(options, *target, *speech, NextServer)
                                                             : Measure(options, *target, *speech, token);
  if (!figures.ok()) return Fail(figures.status());
  figures->emplace("server", speak);
  std::printf("%s\n", figures->dump(2).c_str());
  return 0;
}
