// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/certificate.h"

#include <absl/strings/str_cat.h>
#include <unistd.h>

#include <ctime>
#include <string_view>

#include "adapters/server/log.h"
#include "mailwake/adapters/https_server.h"

namespace mailwake::server {
namespace {

// The host of HOST:PORT, without brackets; one that stands for every address has no name of its own.
std::string HostOf(const std::string& listen) {
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return host == "0.0.0.0" || host == "::" ? "localhost" : host;
}

}  // namespace

absl::StatusOr<CertificateFiles> FindCertificate(const Config& config, const std::string& store_path) {
  if (!config.cert.empty()) return CertificateFiles{.cert = config.cert, .key = config.key};
  if (IsUnix(config.listen)) return CertificateFiles{};  // whoever is before us has it
  CertificateFiles files{.cert = store_path + ".cert.pem", .key = store_path + ".key.pem"};
  if (::access(files.cert.c_str(), F_OK) == 0 && ::access(files.key.c_str(), F_OK) == 0) {
    LogInfo(absl::StrCat("certificate: self-signed, from ", files.cert));
    return files;
  }
  if (absl::Status made = MakeSelfSignedCertificate(HostOf(config.listen), files.cert, files.key); !made.ok()) return made;
  LogWarning(absl::StrCat("certificate: none is configured, made a self-signed one: ", files.cert,
                          " (devices trust it only if they are told to; for a real one set cert and key)"));
  return files;
}

std::string EndWarning(std::int64_t end, std::int64_t now) {
  constexpr std::int64_t kDay = 24 * 60 * 60, kSoon = 14 * kDay;
  if (end == 0 || end - now > kSoon) return {};
  const std::time_t time = end;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char date[32];
  const std::string_view on(date, std::strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &utc));
  const char* const what = end <= now ? "it ended on " : "it ends on ";
  const char* const then = end <= now ? ", and devices refuse it" : "";
  return absl::StrCat("certificate: ", what, absl::string_view(on.data(), on.size()), then, ": renew it, then send SIGHUP");
}

}  // namespace mailwake::server
