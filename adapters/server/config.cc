// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/config.h"

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "adapters/server/config_keys.h"
#include "adapters/server/text_file.h"

namespace mailwake::server {
namespace {

constexpr std::string_view kUnix = "unix:";

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

// What concerns several keys at once.
absl::Status CheckTogether(const Config& config, const std::string& where) {
  if (config.heartbeat_min > config.heartbeat_max) {
    return absl::InvalidArgumentError(absl::StrCat(where, "heartbeat.min_s is ", config.heartbeat_min.count(), " and heartbeat.max_s ",
                                                   config.heartbeat_max.count(), ": the minimum may not exceed the maximum"));
  }
  if (config.cert.empty() != config.key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(where, config.cert.empty() ? "key is given without cert" : "cert is given without key",
                                                   ": give both PEM files, or neither for a self-signed certificate"));
  }
  if (config.tls_second_cert.empty() != config.tls_second_key.empty() || (!config.tls_second_cert.empty() && config.cert.empty())) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, "tls.second_cert and tls.second_key belong together, and stand beside cert and key: give all four PEM files"));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsUnix(std::string_view listen) { return listen.substr(0, kUnix.size()) == kUnix; }

absl::Status CheckListen(std::string_view listen) {
  const auto wrong = [&](const char* what) {
    return absl::InvalidArgumentError(absl::StrCat("listen is \"", Abseil(listen), "\": ", what,
                                                   "; it must be HOST:PORT, as 127.0.0.1:8443 or [::1]:8443, or unix:PATH"));
  };
  if (IsUnix(listen)) return listen.size() > kUnix.size() ? absl::OkStatus() : wrong("the path is missing");
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  if (colon == 0) return wrong("the host is missing (0.0.0.0 is every address)");
  const std::string_view host = listen.substr(0, colon);
  if (host.find(':') != std::string_view::npos && (host.front() != '[' || host.back() != ']')) {
    return wrong("an IPv6 address stands in brackets");
  }
  int port = 0;
  const std::string_view digits = listen.substr(colon + 1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos || !absl::SimpleAtoi(Abseil(digits), &port) || port > 65'535) {
    return wrong("the port must be 0 to 65535");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> StorePath(std::string_view store) {
  constexpr std::string_view kScheme = "sqlite:";
  if (store.substr(0, kScheme.size()) != kScheme || store.size() == kScheme.size()) {
    return absl::InvalidArgumentError(absl::StrCat("store is \"", Abseil(store), "\": it must be sqlite:PATH, as sqlite:mailwake.db"));
  }
  return std::string(store.substr(kScheme.size()));
}

absl::StatusOr<Config> ParseConfig(std::string_view text, const std::string& file) {
  Config config;
  if (const absl::Status keys = ApplyToml(text, file, config); !keys.ok()) return keys;
  if (const absl::Status together = CheckTogether(config, absl::StrCat(file, ": ")); !together.ok()) return together;
  return config;
}

absl::StatusOr<Config> LoadConfig(const ServeArguments& arguments) {
  Config config;
  if (!arguments.config_file.empty()) {
    const absl::StatusOr<std::string> text = ReadTextFile(arguments.config_file);
    if (!text.ok()) return text.status();
    if (const absl::Status keys = ApplyToml(*text, arguments.config_file, config); !keys.ok()) return keys;
  }
  if (arguments.listen) config.listen = *arguments.listen;
  if (arguments.store) config.store = *arguments.store;
  if (arguments.user) config.user = *arguments.user;
  if (arguments.cert) config.cert = *arguments.cert;
  if (arguments.key) config.key = *arguments.key;
  if (arguments.ingest_token_file) config.ingest_token_file = *arguments.ingest_token_file;
  config.threads = arguments.threads;
  if (const absl::Status listen = CheckListen(config.listen); !listen.ok()) return listen;
  if (const auto path = StorePath(config.store); !path.ok()) return path.status();
  if (const absl::Status together = CheckTogether(config, ""); !together.ok()) return together;
  return config;
}

}  // namespace mailwake::server
