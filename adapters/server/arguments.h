// SPDX-License-Identifier: Apache-2.0
//
// The command line, taken apart: one struct a command.
//
// Threads:    plain values.
// Example:    CommandLine line = ParseCommandLine(argc, argv); if (!line.arguments) return line.exit_code;

#ifndef MAILWAKE_SERVER_ARGUMENTS_H_
#define MAILWAKE_SERVER_ARGUMENTS_H_

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mailwake::server {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // a wrong command line or configuration

struct ServeArguments {
  std::string config_file;  // empty: none
  std::optional<std::string> listen;
  std::optional<std::string> store;
  std::optional<std::string> user;
  std::optional<std::string> cert;
  std::optional<std::string> key;
  std::optional<std::string> ingest_token_file;
  int threads = 0;  // event loops; 0: as many as there are processors, at most 2
  bool take_over = false;
};

struct UserAddArguments {
  std::string store;
  std::string name;
};

struct UserRemoveArguments {
  std::string store;
  std::string name;
};

struct DeviceArguments {
  std::string store;
  std::string user;
  std::string device;
  bool block = true;  // false: no more
};

struct UserImportArguments {
  std::string store;
  std::string file;
};

// Where a command that is a client connects to.
struct ServerArguments {
  std::string url = "https://127.0.0.1:8443";
  std::string ca_file;  // empty: the system's
  bool insecure = false;
};

struct PublishArguments {
  ServerArguments server;
  std::string token_file;
  std::string mailbox;  // empty, with `folder`: NDJSON lines from standard input
  std::string folder;
  std::string item_class = "email";
  std::string kind = "added";
  std::string device;
};

struct FoldersArguments {
  ServerArguments server;
  std::string token_file;
  std::string mailbox;
  std::string file = "-";  // "-": standard input
};

struct ExplainArguments {
  ServerArguments server;
  std::string token_file;
  std::string device;
  std::string mailbox;  // empty: found by the server
  bool json = false;
};

struct PingArguments {
  ServerArguments server;
  std::string user;
  std::string password_file;  // empty: standard input
  std::string device = "mailwakecli";
  std::vector<std::string> folders;  // ID or ID:CLASS; empty: those of the device's last PING
  std::optional<int> heartbeat_s;    // nullopt: that of the device's last PING
  bool sync = false;
};

using Arguments = std::variant<ServeArguments, UserAddArguments, UserImportArguments, UserRemoveArguments, DeviceArguments,
                               PublishArguments, FoldersArguments, ExplainArguments, PingArguments>;

struct CommandLine {
  std::optional<Arguments> arguments;  // nullopt: help was asked for, or the line is wrong; all is said
  int exit_code = 0;
};

CommandLine ParseCommandLine(int argc, char** argv);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_ARGUMENTS_H_
