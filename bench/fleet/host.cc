// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/host.h"

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <sstream>
#include <string_view>

namespace mailwake::fleet {

using boost::asio::ip::tcp;

absl::StatusOr<Target> ResolveServer(const std::string& url) {
  constexpr std::string_view kScheme = "https://";
  if (url.rfind(kScheme, 0) != 0) return absl::InvalidArgumentError("--server wants https://HOST:PORT, not " + url);
  std::string host = url.substr(kScheme.size());
  host = host.substr(0, host.find('/'));
  std::string port = "443";
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    port = host.substr(colon + 1);
    host.resize(colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::asio::io_context io;
  boost::system::error_code error;
  const auto found = tcp::resolver(io).resolve(host, port, error);
  if (error || found.empty()) return absl::UnavailableError("cannot find " + host + ":" + port + ": " + error.message());
  return Target{.host = host, .endpoint = found.begin()->endpoint(), .tls = nullptr};
}

absl::StatusOr<std::string> ReadToken(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token) || token.empty()) {
    return absl::InvalidArgumentError("no token in " + file + "; it is the file given to `mailwake serve --ingest-token-file`");
  }
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  return token;
}

absl::Status AllowOpenFiles(std::uint64_t files) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= files) return absl::OkStatus();
  limit.rlim_cur = limit.rlim_max >= files ? files : limit.rlim_max;
  if (limit.rlim_cur < files) {
    // Allowed to the superuser only.
    limit.rlim_cur = limit.rlim_max = files;
  }
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError("this many devices need " + std::to_string(files) +
                                      " open files; allow them with `ulimit -n` or use fewer --devices");
}

absl::StatusOr<std::int64_t> ResidentBytes(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("VmRSS:", 0) != 0) continue;
    std::istringstream words(line.substr(6));
    std::int64_t kilobytes = 0;
    words >> kilobytes;
    return kilobytes * 1024;
  }
  return absl::InvalidArgumentError("no process " + std::to_string(pid) + " to read the memory of (--server-pid)");
}

}  // namespace mailwake::fleet
