// SPDX-License-Identifier: Apache-2.0
//
// Measures what a connection costs while its request waits: `https_connection_memory [connections] [tls|tls1.2|plain]`, run by hand.
// The clients live in a process of their own, so that only the server's memory is counted.
#include <malloc.h>
#include <openssl/ssl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/adapters/https/server_fixture.h"

namespace {

std::size_t ResidentBytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t AllocatedBytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Connects and waits until it is killed.
[[noreturn]] void BeClients(const std::string& address, int count, const mailwake::HttpsClientOptions& options) {
  std::vector<mailwake::HttpsClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(address, options);
    // A request as phones send it: 600 bytes.
    clients.back().Send("POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\nX-Fill: " + std::string(510, 'x') + "\r\n\r\n" +
                        std::string(20, 'b'));
  }
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 3600;
  const std::string stream = argc > 2 ? argv[2] : "tls";
  const bool tls = stream != "plain";
  ::mallopt(M_ARENA_MAX, 1);
  int address_pipe[2];
  if (::pipe(address_pipe) != 0) return 1;
  const pid_t child = ::fork();  // before there are threads
  if (child == 0) {
    char address[64] = "";
    if (::read(address_pipe[0], address, sizeof(address) - 1) <= 0) return 1;
    BeClients(address, count, {.tls = tls, .tls_version = stream == "tls1.2" ? TLS1_2_VERSION : 0});
  }
  mailwake::ServerFixture server({.tls = tls});
  // What is made once, before counting.
  mailwake::HttpsClient warm = server.Connect();
  warm.Send(mailwake::Get("/echo"));
  warm.Receive();
  const std::size_t allocated = AllocatedBytes(), resident = ResidentBytes();
  const std::string address = server.server->address();
  if (::write(address_pipe[1], address.data(), address.size()) < 0) return 1;
  server.Waiting(static_cast<std::size_t>(count));
  warm.Send(mailwake::Get("/echo"));  // once it is answered the last ones' buffers are gone, too
  warm.Receive();
  const std::size_t each = static_cast<std::size_t>(count);
  std::printf("%s, %d waiting: %zu bytes allocated, %zu bytes resident, each\n", stream.c_str(), count,
              (AllocatedBytes() - allocated) / each, (ResidentBytes() - resident) / each);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}
