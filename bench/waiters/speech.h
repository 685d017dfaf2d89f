// SPDX-License-Identifier: Apache-2.0
//
// Speech: how one who waits and one who publishes speak to a server: to mailwake as a phone with a PING of 8 folders, to nginx with nchan
// as a long-polling subscriber of one channel, its best case.
//
// Threads:    pure functions.
// Example:    std::unique_ptr<Speech> speech = NchanSpeech("127.0.0.1"); connection->Send(speech->Wait(7), ...);

#ifndef MAILWAKE_BENCH_WAITERS_SPEECH_H_
#define MAILWAKE_BENCH_WAITERS_SPEECH_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "bench/fleet/api_client.h"

namespace mailwake::waiters {

using WaiterIndex = std::uint32_t;

class Speech {
 public:
  virtual ~Speech() = default;
  // The request of a waiter, whole.
  virtual std::string Wait(WaiterIndex waiter) const = 0;
  // Wakes these waiters. REQUIRES: at most most_wakes().
  virtual fleet::ApiCall Wake(std::span<const WaiterIndex> waiters) const = 0;
  // The same publish where nobody waits: as many places, and as far from each other.
  virtual fleet::ApiCall WakeNobody(std::span<const WaiterIndex> waiters) const = 0;
  virtual std::size_t most_wakes() const = 0;
  // The answer to a waiter is news.
  virtual bool IsNews(const fleet::HttpReply& reply) const = 0;
  // It says that nothing has changed, and to ask again.
  virtual bool IsOver(const fleet::HttpReply& reply) const = 0;
};

// Each waiter is the only device of one of the fleet's mailboxes. The server must have acknowledge = "ping".
std::unique_ptr<Speech> MailwakeSpeech(std::string host, std::string password, std::chrono::seconds heartbeat);
// The server of bench/rivals/nchan.
std::unique_ptr<Speech> NchanSpeech(std::string host);

}  // namespace mailwake::waiters

#endif  // MAILWAKE_BENCH_WAITERS_SPEECH_H_
