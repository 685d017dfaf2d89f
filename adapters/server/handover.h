// SPDX-License-Identifier: Apache-2.0
//
// Handover: how the next server of a store gets the place of the one that runs. The one that runs listens on STORE.upgrade, a Unix socket
// for its own user; who connects asks for its place, and gets its listening socket and the store's ownership once all is written. Nobody
// who connects to the server meanwhile is refused: the kernel keeps them.
//
// Threads:    on the main loop; TakeOver blocks.
// Invariants: (1) only a process of the same user, or root, is heard;
//             (2) the store has been released, and STORE.upgrade is free, before Give sends anything;
//             (3) the ownership is never free on the way: the descriptor that has it goes with the socket;
//             (4) the one that gave its place is told once whether the next one serves.
// Example:    Handover handover(main, path, [&](Handover::Next next) { ...; handover.Give(next, socket, lock, [](bool serves) { ... }); });
//             auto place = TakeOver(path);  // in the next server, before it opens the store
//             TellServing(*place);          // once it serves

#ifndef MAILWAKE_SERVER_HANDOVER_H_
#define MAILWAKE_SERVER_HANDOVER_H_

#include <absl/status/statusor.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mailwake::server {

// How long the next server may take to serve: then that is logged, and so much later it counts as failed. Migrating a large store takes
// long.
struct HandoverPatience {
  std::chrono::milliseconds warn{10'000};
  std::chrono::milliseconds fail{600'000};
};

class Handover {
 public:
  // The next server, which waits. Closed without Give: it is told no.
  using Next = std::shared_ptr<boost::asio::local::stream_protocol::socket>;
  using Asked = std::function<void(Next next)>;
  using Followed = std::function<void(bool serves)>;

  // REQUIRES: this process owns the store. What prevents it is logged, and nobody can ask.
  Handover(boost::asio::io_context& main, const std::string& store_path, Asked asked, HandoverPatience patience = {});
  ~Handover() { Close(); }

  // Nobody asks any more.
  void Close();
  // Both descriptors stay the caller's. `followed` runs once, later.
  void Give(const Next& next, int socket, int lock, Followed followed);
  // It has not gone away meanwhile.
  static bool StillWaits(const Next& next);

 private:
  boost::system::error_code Listen();
  void Await();
  void Warn(const Next& next);
  void Settle(bool serves);

  const std::string path_;
  const Asked asked_;
  const HandoverPatience patience_;
  std::optional<boost::asio::local::stream_protocol::acceptor> acceptor_;
  boost::asio::steady_timer timer_;
  Followed followed_;
  char answer_ = 0;
};

struct Place {
  int socket = -1;  // listens
  int lock = -1;    // has the store's ownership
  int giver = -1;   // the connection to the server that gave it
};

// Asks the server that has the store for its place, and answers once the store is free. nullopt: there is no such server.
// Errors: Unavailable (it does not let go).
absl::StatusOr<std::optional<Place>> TakeOver(const std::string& store_path);
// To the giver: everything went well. A process that ends without it leaves the giver to say so.
void TellServing(const Place& place);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_HANDOVER_H_
