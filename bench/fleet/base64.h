// SPDX-License-Identifier: Apache-2.0

#ifndef MAILWAKE_BENCH_FLEET_BASE64_H_
#define MAILWAKE_BENCH_FLEET_BASE64_H_

#include <openssl/evp.h>

#include <string>

namespace mailwake::fleet {

inline std::string Base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_BASE64_H_
