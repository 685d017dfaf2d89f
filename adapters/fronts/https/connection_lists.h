// SPDX-License-Identifier: Apache-2.0
//
// ConnectionLists: a loop's connections, one list a state. All in a list wait equally long, so that each list is in the order of its
// deadlines: no timer a connection, and only what is due is looked at.
//
// Threads:    one loop's.
// Cost:       Place, Remove, Expired O(1).
// Invariants: (1) a connection is in the list of its state, and in none once it is closed; (2) each list is in the order of `due`.
// Example:    lists.Place(*connection, ConnectionState::kIdle, now); while (Listed* late = lists.Expired(now)) Close(*late);

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_CONNECTION_LISTS_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_CONNECTION_LISTS_H_

#include <array>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mailwake::internal {

enum class ConnectionState : std::uint8_t {
  kHandshake,
  kStranger,   // between requests, and nobody is known on it
  kIdle,       // between requests
  kReading,    // from a request's first byte to its last
  kWriting,    // an answer that the peer takes
  kLingering,  // refused: what the peer still sends is thrown away, so that it gets to read why
  kPaused,     // nobody is known on it, and it asks too often: the next request is read later
  kWaiting,    // a request waits for its answer; the peer is watched
  kHeld,       // as kWaiting, and the peer has sent more, which waits too
  kClosed,
};
inline constexpr std::size_t kConnectionStates = 9;  // that have a list
inline constexpr std::size_t kTimedStates = 7;       // the first seven

using ListHook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::safe_link>>;

struct Listed : ListHook {
  ConnectionState state = ConnectionState::kClosed;
  std::chrono::steady_clock::time_point due;
};

class ConnectionLists {
 public:
  using Clock = std::chrono::steady_clock;
  using List = boost::intrusive::list<Listed, boost::intrusive::constant_time_size<false>>;

  explicit ConnectionLists(const std::array<std::chrono::seconds, kTimedStates>& timeouts) : timeouts_(timeouts) {}

  // Also starts the state's time anew if it is in that state already.
  void Place(Listed& connection, ConnectionState state, Clock::time_point now) {
    Remove(connection);
    connection.state = state;
    const auto index = static_cast<std::size_t>(state);
    if (index < kTimedStates) connection.due = now + timeouts_[index];
    lists_[index].push_back(connection);
  }

  void Remove(Listed& connection) {
    if (!connection.is_linked()) return;
    List& list = lists_[static_cast<std::size_t>(connection.state)];
    list.erase(list.iterator_to(connection));
    connection.state = ConnectionState::kClosed;
  }

  // One whose time has passed; the caller places or removes it.
  Listed* Expired(Clock::time_point now) {
    for (std::size_t i = 0; i < kTimedStates; ++i) {
      if (!lists_[i].empty() && lists_[i].front().due <= now) return &lists_[i].front();
    }
    return nullptr;
  }

  // When it came into the state that it is in. REQUIRES: a timed one.
  Clock::time_point Since(const Listed& connection) const { return connection.due - timeouts_[static_cast<std::size_t>(connection.state)]; }

  // Is there anything that a look once a second is for?
  bool WantsSweep() const {
    if (!lists_[static_cast<std::size_t>(ConnectionState::kHeld)].empty()) return true;
    for (std::size_t i = 0; i < kTimedStates; ++i) {
      if (!lists_[i].empty()) return true;
    }
    return false;
  }

  List& list(ConnectionState state) { return lists_[static_cast<std::size_t>(state)]; }

 private:
  const std::array<std::chrono::seconds, kTimedStates> timeouts_;
  std::array<List, kConnectionStates> lists_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_CONNECTION_LISTS_H_
