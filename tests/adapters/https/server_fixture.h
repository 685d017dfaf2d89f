// SPDX-License-Identifier: Apache-2.0
//
// A server on a free port with handlers that tests need, on one or more loops, each with a thread.
//
// Example:    ServerFixture server({.tls = true}); auto client = server.Connect(); client.Send(Get("/wait"));
// server.Waiting(1)[0]->Respond({});

#ifndef MAILWAKE_TESTS_ADAPTERS_HTTPS_SERVER_FIXTURE_H_
#define MAILWAKE_TESTS_ADAPTERS_HTTPS_SERVER_FIXTURE_H_

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "mailwake/adapters/https_server.h"
#include "mailwake/mutex.h"
#include "tests/support/https_client.h"

namespace mailwake {

std::string Get(const std::string& path);
std::string Post(const std::string& path, const std::string& body);
HttpResponse Body(std::string body);

// Looks again and again until it is so; false after 20 s.
bool Eventually(const std::function<bool()>& condition);

struct FixtureOptions {
  bool tls = false;
  int loops = 1;
  HttpsOptions server = {};
};

// Handlers: /echo answers at once "METHOD peer body", /wait waits for the test, /drop forgets its exchange, /big answers 4 MiB,
// /note answers how many requests the connection made before, /early
// whether the request had come before the last answer, /user/NAME 503 if that user has too many connections.
class ServerFixture {
 public:
  explicit ServerFixture(FixtureOptions options);
  ~ServerFixture();

  HttpsClient Connect() const { return HttpsClient(server->address(), {.tls = options.tls}); }

  // The exchanges of /wait, once there are that many.
  std::vector<std::shared_ptr<HttpExchange>> Waiting(std::size_t count);
  std::size_t waiting() const;
  // Ends the threads; nothing runs after it.
  void StopLoops();

  const FixtureOptions options;
  std::vector<std::unique_ptr<boost::asio::io_context>> loops;
  std::unique_ptr<HttpsServer> server;
  std::atomic<int> gone{0};
  std::atomic<int> served{0};  // requests that reached a handler

 private:
  using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  void AddHandlers();

  mutable Mutex mutex_;
  std::vector<std::shared_ptr<HttpExchange>> waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<Guard> guards_;
  std::vector<std::thread> threads_;
};

// A certificate for all tests of a program: made once.
struct TestCertificate {
  std::string cert;
  std::string key;
};
const TestCertificate& SharedCertificate();

// A directory that goes away with the program.
const std::string& TestDirectory();

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_HTTPS_SERVER_FIXTURE_H_
