// SPDX-License-Identifier: Apache-2.0
//
// Fleet: one run from the first folder list to the report. Declares the mailboxes, connects the devices, lets traffic happen, waits for the
// last wakes.
//
// Threads:    Run belongs to the calling thread and starts `threads` event loops of its own.

#ifndef MAILWAKE_BENCH_FLEET_FLEET_H_
#define MAILWAKE_BENCH_FLEET_FLEET_H_

#include <absl/status/statusor.h>

#include <atomic>

#include "bench/fleet/options.h"
#include "bench/fleet/progress.h"
#include "bench/fleet/report.h"

namespace mailwake::fleet {

// `interrupted` ends the traffic early; the report is made all the same. Errors: InvalidArgument (an option or a file), Unavailable
// (nothing answers there, or the server refuses what the fleet needs), ResourceExhausted (file descriptors).
absl::StatusOr<Report> Run(const FleetOptions& options, Progress& progress, const std::atomic<bool>& interrupted);

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_FLEET_H_
