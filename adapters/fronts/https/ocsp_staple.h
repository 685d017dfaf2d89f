// SPDX-License-Identifier: Apache-2.0
//
// OcspStaple: what the certificate's authority has signed about it (RFC 6960), for peers that ask (RFC 6066 section 8).
//
// Threads:    any, once read.
// Invariants: a response is about the certificate that it goes with, and is not shown once it is out of date.
// Example:    absl::StatusOr<OcspStaple> staple = OcspStaple::Read("cert.der", certificate); ... staple->At(std::time(nullptr));

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_OCSP_STAPLE_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_OCSP_STAPLE_H_

#include <absl/status/statusor.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/fronts/https/openssl_handles.h"

namespace mailwake::internal {

class OcspStaple {
 public:
  OcspStaple() = default;  // none
  // Of a DER file. Errors: InvalidArgument: no response, not about the certificate, or it does not say that it is good. One that is out of
  // date is none: a server that could not start for it would help nobody.
  static absl::StatusOr<OcspStaple> Read(const std::string& file, X509* certificate);

  // Empty: none that is good now.
  std::string_view At(std::time_t now) const {
    const bool good = (!from_ || now >= *from_) && (!next_ || now < *next_);
    return good ? std::string_view(response_) : std::string_view();
  }

 private:
  OcspStaple(std::string response, std::optional<std::time_t> from, std::optional<std::time_t> next)
      : response_(std::move(response)), from_(from), next_(next) {}

  std::string response_;
  std::optional<std::time_t> from_;
  std::optional<std::time_t> next_;  // when the authority has a newer one; not said: it always has
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_OCSP_STAPLE_H_
