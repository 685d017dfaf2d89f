// SPDX-License-Identifier: Apache-2.0
//
// Which certificate the server shows: the configured one, or a self-signed one that is kept beside the store and used again.
//
// Threads:    at start only; EndWarning is pure.

#ifndef MAILWAKE_SERVER_CERTIFICATE_H_
#define MAILWAKE_SERVER_CERTIFICATE_H_

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

#include "adapters/server/config.h"

namespace mailwake::server {

struct CertificateFiles {
  std::string cert;
  std::string key;
};

// Makes STORE.cert.pem and STORE.key.pem if none is configured and they are not there yet, and says so.
absl::StatusOr<CertificateFiles> FindCertificate(const Config& config, const std::string& store_path);

// What is to be said of one that ends at `end` (seconds since 1970): it has ended, or will within two weeks. Empty: nothing.
std::string EndWarning(std::int64_t end, std::int64_t now);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_CERTIFICATE_H_
