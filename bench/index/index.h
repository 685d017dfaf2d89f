// SPDX-License-Identifier: Apache-2.0
//
// Index: what a workload asks of an index of waiting PINGs, ours or a rival's. A concept, so that the seam costs nothing.
//
// Threads:    calls of different lanes from different threads at once; Advance from any. Completions run inside Publish, Cancel, Advance or
//             Deliver, outside every lock, and tell Ended::Here().
// Invariants: (1) a PING that is held ends once; (2) a change wakes those that watch its folder, but not that of the device that made it;
//             (3) a woken PING is linked nowhere any more, and its timer is not running.
// Example:    index.Hold(key, 600s); index.Publish(key, folder, {}); index.Deliver(lane); index.Sync(key, folder); index.Hold(key, 600s);

#ifndef MAILWAKE_BENCH_INDEX_INDEX_H_
#define MAILWAKE_BENCH_INDEX_INDEX_H_

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "bench/index/keys.h"

namespace mailwake::bench {

template <typename I>
concept Index = requires(I index, Keys& keys, Key& key, std::string_view text, Folder folder, std::uint16_t number, std::int64_t now_ms) {
  I(keys);
  index.Enter(key);                          // the device and its mailbox come into being: versions and cursors, where there are any
  index.Hold(key, std::chrono::seconds(1));  // REQUIRES: the PING is not held
  index.Cancel(key);
  index.Publish(text, folder, text);  // mailbox, folder, the device that made the change or nothing
  index.Deliver(0);                   // runs the completions of a lane that have not run yet
  index.Sync(key, number);            // the device has synced that folder
  index.Advance(now_ms);              // never back
  { index.name() } -> std::convertible_to<std::string_view>;
};

}  // namespace mailwake::bench

#endif  // MAILWAKE_BENCH_INDEX_INDEX_H_
