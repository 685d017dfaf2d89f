// SPDX-License-Identifier: Apache-2.0
#include "tests/adapters/https/server_fixture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace mailwake {

std::string Get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"; }

std::string Post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

HttpResponse Body(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  return response;
}

bool Eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

const std::string& TestDirectory() {
  struct Directory {
    Directory() {
      std::string name = (std::filesystem::temp_directory_path() / "mailwake_https_XXXXXX").string();
      path = ::mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
    std::string path;
  };
  static const Directory directory;
  return directory.path;
}

const TestCertificate& SharedCertificate() {
  static const TestCertificate certificate = [] {
    TestCertificate made{TestDirectory() + "/cert.pem", TestDirectory() + "/key.pem"};
    EXPECT_TRUE(MakeSelfSignedCertificate("mail.example.org", made.cert, made.key).ok());
    return made;
  }();
  return certificate;
}

ServerFixture::ServerFixture(FixtureOptions the_options) : options(std::move(the_options)) {
  HttpsOptions server_options = options.server;
  if (server_options.listen.rfind("unix:", 0) != 0) server_options.listen = "127.0.0.1:0";
  if (options.tls && server_options.cert_file.empty()) {
    server_options.cert_file = SharedCertificate().cert;
    server_options.key_file = SharedCertificate().key;
  }
  std::vector<HttpsLoop> https_loops;
  for (int i = 0; i < options.loops; ++i) {
    loops.push_back(std::make_unique<boost::asio::io_context>(1));
    guards_.emplace_back(loops.back()->get_executor());
    https_loops.push_back({loops.back().get(), static_cast<LoopId>(i + 5)});
  }
  auto created = HttpsServer::Create(server_options, https_loops);
  if (!created.ok()) {
    ADD_FAILURE() << created.status();
    std::abort();
  }
  server = *std::move(created);
  AddHandlers();
  server->Start();
  for (auto& loop : loops) threads_.emplace_back([&loop] { loop->run(); });
}

ServerFixture::~ServerFixture() {
  StopLoops();
  server.reset();
}

void ServerFixture::StopLoops() {
  for (auto& loop : loops) loop->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void ServerFixture::AddHandlers() {
  server->Handle("/echo", [this](HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
    ++served;
    exchange->Respond(Body(request.method + " " + request.peer + " " + request.body));
  });
  server->Handle("/wait", [this](HttpRequest, std::shared_ptr<HttpExchange> exchange) {
    ++served;
    exchange->OnGone([this] { ++gone; });
    MutexLock lock(mutex_);
    waiting_.push_back(std::move(exchange));
  });
  server->Handle("/drop", [](HttpRequest, std::shared_ptr<HttpExchange>) {});
  server->Handle("/big",
                 [](HttpRequest, std::shared_ptr<HttpExchange> exchange) { exchange->Respond(Body(std::string(4 * 1024 * 1024, 'b'))); });
  server->Handle("/note", [](HttpRequest, std::shared_ptr<HttpExchange> exchange) {
    exchange->connection_note() += '+';
    exchange->Respond(Body(exchange->connection_note()));
  });
  server->Handle("/early", [](HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
    exchange->Respond(Body(request.early ? "early" : "after the answer"));
  });
  server->Handle("/user/", [](HttpRequest request, std::shared_ptr<HttpExchange> exchange) {
    const bool may = exchange->BelongsTo(request.target);
    exchange->Respond({.status = may ? 200 : 503, .close = !may});
  });
}

std::size_t ServerFixture::waiting() const {
  MutexLock lock(mutex_);
  return waiting_.size();
}

std::vector<std::shared_ptr<HttpExchange>> ServerFixture::Waiting(std::size_t count) {
  EXPECT_TRUE(Eventually([&] { return waiting() >= count; })) << waiting() << " of " << count;
  MutexLock lock(mutex_);
  return waiting_;
}

}  // namespace mailwake
