// SPDX-License-Identifier: Apache-2.0
//
// The two ends of STORE.upgrade, for tests in which one of the two servers does not do what it should.
//
// Threads:    one at a time.
// Example:    Asker asks(site.dir() / "m.db.upgrade"); EXPECT_TRUE(asks.GetsThePlace()); asks.SaysThatItServes();

#ifndef MAILWAKE_TESTS_ADAPTERS_SERVER_UPGRADE_SOCKETS_H_
#define MAILWAKE_TESTS_ADAPTERS_SERVER_UPGRADE_SOCKETS_H_

#include <string>
#include <utility>
#include <vector>

namespace mailwake::test {

// Asks for the place of the server that runs, as `serve --take-over` does.
class Asker {
 public:
  explicit Asker(const std::string& path);
  ~Asker() { Close(); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  bool connected() const { return error_ == 0; }
  int error() const { return error_; }  // errno
  // Waits, at most a minute. False: it is told no.
  bool GetsThePlace();
  void SaysThatItServes();
  void Close();  // with all that it got

 private:
  int socket_ = -1;
  int error_ = 0;
  std::vector<int> got_;
};

// Is asked, and gives nothing.
class SilentServer {
 public:
  explicit SilentServer(const std::string& path);
  ~SilentServer() { Close(); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  bool IsAsked();  // waits, at most a minute
  void Close();

 private:
  const std::string path_;
  int listener_ = -1;
  int asker_ = -1;
};

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ADAPTERS_SERVER_UPGRADE_SOCKETS_H_
