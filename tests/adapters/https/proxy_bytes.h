// SPDX-License-Identifier: Apache-2.0
//
// Headers of the PROXY protocol, version 2, as a proxy would send them.
//
// Threads:    pure.
// Example:    HttpsClient client(address, {.first = ProxyV4("192.0.2.7")});

#ifndef MAILWAKE_TESTS_ADAPTERS_HTTPS_PROXY_BYTES_H_
#define MAILWAKE_TESTS_ADAPTERS_HTTPS_PROXY_BYTES_H_

#include <arpa/inet.h>

#include <string>

namespace mailwake {

// `command` with the version, `kind` the family and the protocol, `rest` what follows the length.
inline std::string ProxyBytes(unsigned char command, unsigned char kind, const std::string& rest) {
  std::string bytes("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const unsigned byte :
       {unsigned{command}, unsigned{kind}, static_cast<unsigned>(rest.size() >> 8), static_cast<unsigned>(rest.size() & 0xFF)})
    bytes.push_back(static_cast<char>(byte));
  return bytes + rest;
}

inline std::string ProxyV4(const std::string& client) {
  std::string rest(12, '\1');
  inet_pton(AF_INET, client.c_str(), rest.data());
  return ProxyBytes(0x21, 0x11, rest);
}

inline std::string ProxyV6(const std::string& client) {
  std::string rest(36, '\1');
  inet_pton(AF_INET6, client.c_str(), rest.data());
  return ProxyBytes(0x21, 0x21, rest);
}

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_HTTPS_PROXY_BYTES_H_
