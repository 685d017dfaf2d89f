// SPDX-License-Identifier: Apache-2.0
//
// The settings of `mailwake serve`: defaults, then the TOML file, then flags. docs/guides/running-the-server.md has the table.
//
// Threads:    plain values; the functions are pure except for reading the named file.
// Invariants: a Config that was returned is in range, key by key and together.
// Example:    absl::StatusOr<Config> config = LoadConfig(arguments); // errors: "mailwake.toml:3:1: heartbeat.min_s is 0: it must be ..."

#ifndef MAILWAKE_SERVER_CONFIG_H_
#define MAILWAKE_SERVER_CONFIG_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/server/arguments.h"
#include "mailwake/options.h"

namespace mailwake::server {

struct Config {
  std::string listen = "127.0.0.1:8443";
  std::string store = "sqlite:mailwake.db";
  std::string user;  // empty: who starts it
  std::string cert;  // empty: a self-signed one beside the store
  std::string key;
  std::string tls_second_cert;  // empty: none
  std::string tls_second_key;
  bool tls_1_3_only = false;
  std::string tls_ciphers;        // empty: ECDHE with AEAD
  std::string tls_client_ca;      // empty: everybody may connect
  std::string tls_ocsp_response;  // empty: none is stapled
  std::vector<std::string> proxies;
  bool proxy_protocol = false;
  std::string ingest_token_file;  // empty: /v1 refuses everything
  Acknowledge acknowledge = Acknowledge::kSync;
  std::chrono::seconds drain{10};
  std::chrono::seconds heartbeat_min{60};
  std::chrono::seconds heartbeat_max{3540};
  std::size_t folders_per_ping = 300;
  std::optional<std::size_t> pings;  // nullopt: what open files and memory allow
  std::size_t pings_per_mailbox = 100;
  std::optional<std::size_t> memory_mib;  // that mailboxes and PINGs may take; nullopt: a quarter of what there is
  std::size_t connections_per_address = 10'000;
  std::size_t connections_per_user = 250;
  std::uint32_t unknown_requests_per_second = 4;  // of a connection
  std::size_t password_threads = 1;               // that check passwords that were not right before
  std::size_t requests_per_user_minute = 6'000;   // 0: any number; of devices
  std::size_t requests_per_address_minute = 600'000;
  std::array<Duration, kItemClasses> coalesce{};
  bool pin_loops = false;
  int threads = 0;
};

// The settings of a TOML text. `file` is its name in errors. Errors: InvalidArgument.
absl::StatusOr<Config> ParseConfig(std::string_view text, const std::string& file);
// Defaults, the file if one is named, the flags. Errors: InvalidArgument.
absl::StatusOr<Config> LoadConfig(const ServeArguments& arguments);

// The path of "sqlite:PATH". Errors: InvalidArgument.
absl::StatusOr<std::string> StorePath(std::string_view store);
// Errors: InvalidArgument for what is neither HOST:PORT nor unix:PATH.
absl::Status CheckListen(std::string_view listen);
bool IsUnix(std::string_view listen);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_CONFIG_H_
