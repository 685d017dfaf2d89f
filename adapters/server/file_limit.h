// SPDX-License-Identifier: Apache-2.0
//
// How many files this process may hold open, and how many PINGs that allows: each holds one connection.
//
// Threads:    at start only.

#ifndef MAILWAKE_SERVER_FILE_LIMIT_H_
#define MAILWAKE_SERVER_FILE_LIMIT_H_

#include <cstddef>

namespace mailwake::server {

// Raises the soft limit (RLIMIT_NOFILE) to the hard one and answers it.
std::size_t RaiseFileLimit();

// Connections at once: what is left beside the store and the log.
std::size_t ConnectionsFor(std::size_t files);
// PINGs at once: some connections stay free for sources, syncs and refusals.
std::size_t PingsFor(std::size_t connections);
// The other way round.
std::size_t ConnectionsOf(std::size_t pings);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_FILE_LIMIT_H_
