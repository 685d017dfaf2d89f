// SPDX-License-Identifier: Apache-2.0
//
// A listening socket from "HOST:PORT", or "unix:PATH".
//
// Threads:    any.
// Example:    auto socket = Listen("[::1]:0"); std::string real = LocalAddress(socket->get());

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_LISTEN_SOCKET_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_LISTEN_SOCKET_H_

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "adapters/fronts/https/file_descriptor.h"

namespace mailwake::internal {

// Non-blocking; what it accepts inherits its options: no delay for small writes, and peers that vanished silently are found.
// Errors: InvalidArgument, AlreadyExists, PermissionDenied, each with the address and the next step.
absl::StatusOr<FileDescriptor> Listen(const std::string& address);

bool IsUnixAddress(std::string_view address);

// "127.0.0.1:8443", "[::1]:8443", "unix:/run/mailwake.sock"
std::string LocalAddress(int socket);

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_LISTEN_SOCKET_H_
