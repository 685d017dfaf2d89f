// SPDX-License-Identifier: Apache-2.0
//
// How much memory this process may have, and how many connections that allows: connections stop being accepted before memory ends.
//
// Threads:    at start only.

#ifndef MAILWAKE_SERVER_MEMORY_LIMIT_H_
#define MAILWAKE_SERVER_MEMORY_LIMIT_H_

#include <cstddef>
#include <string>

namespace mailwake::server {

// The machine's memory, or less if a control group says so (memory.max of this process' group or of one above it, cgroup v2). Bytes.
// `root`: of the file system in which /proc and /sys are looked for.
std::size_t MemoryLimit(std::size_t machine, const std::string& root = "");
std::size_t MachineMemory();

// Half of the memory is for connections, a quarter for mailboxes and PINGs; the rest is for requests under way, caches, and everybody else.
std::size_t ConnectionsIn(std::size_t memory);
std::size_t EngineMemoryIn(std::size_t memory);
// Of that rest an eighth of all, 256 MiB at most, is for requests that are being read; but each loop needs room for a body of full size.
std::size_t ReadingMemoryIn(std::size_t memory, std::size_t loops);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_MEMORY_LIMIT_H_
