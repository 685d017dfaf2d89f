// SPDX-License-Identifier: Apache-2.0
//
// FleetOptions: what the command line says.

#ifndef MAILWAKE_BENCH_FLEET_OPTIONS_H_
#define MAILWAKE_BENCH_FLEET_OPTIONS_H_

#include <cstdint>
#include <string>

namespace mailwake::fleet {

struct FleetOptions {
  std::string server = "https://127.0.0.1:8443";
  std::string token_file;
  std::string ca_file;
  bool insecure = false;
  std::string password = "fleet";

  std::uint32_t devices = 100;
  std::uint32_t devices_per_mailbox = 1;
  std::uint32_t first_mailbox = 1;  // the number in its name
  std::uint32_t threads = 1;
  std::uint32_t connecting = 64;  // at the same time
  std::uint32_t connect_timeout_s = 120;
  std::uint32_t source_addresses = 1;
  bool provision = false;

  std::int64_t heartbeat_s = 600;  // above 540 s, at which a server sounds its alarm
  std::int64_t heartbeat_min_s = 60;
  std::int64_t heartbeat_max_s = 3540;

  double seconds = 30;
  double rate = 20;
  std::string trace;
  double speed = 1;
  std::int64_t trace_from_s = 0;
  std::uint64_t seed = 1;
  double grace_s = 5;

  int server_pid = 0;
  bool json = false;
  bool quiet = false;
  bool print_passwd = false;

  std::uint32_t mailboxes() const { return devices / devices_per_mailbox; }
};

// -1: go on; else the exit code of a program that has said what there is to say (--help, a wrong option).
int ParseCommandLine(int argc, char** argv, FleetOptions& options);

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_OPTIONS_H_
