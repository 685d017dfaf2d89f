// SPDX-License-Identifier: Apache-2.0
//
// Who may ask what: the token, paths, methods.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/adapters/http_source/harness.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;

struct Route {
  const char* method;
  const char* target;
};
constexpr Route kRoutes[] = {
    {"POST", "/v1/changes"},
    {"POST", "/v1/suspect"},
    {"GET", "/v1/pings"},
    {"GET", "/v1/explain?device=D"},
    {"PUT", "/v1/mailboxes/ann/folders"},
    {"POST", "/v1/mailboxes/ann/devices/D/sync"},
    {"GET", "/metrics"},
};

TEST(GuardTest, HealthNeedsNoToken) {
  Harness harness;
  HttpRequest request = Harness::Make("GET", "/healthz");
  request.headers.clear();
  const auto answer = harness.Send(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "ok\n");
}

TEST(GuardTest, HealthIsAnsweredToHeadToo) {
  Harness harness;
  const HttpResponse answer = harness.Request("HEAD", "/healthz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n") << "of which the HTTP server sends all but the body";
  EXPECT_EQ(HeaderOf(harness.Post("/healthz", ""), "Allow"), "GET, HEAD");
}

TEST(GuardTest, EverythingElseNeedsTheToken) {
  Harness harness;
  for (const Route& route : kRoutes) {
    for (const char* authorization :
         {"", "Bearer", "Bearer ", "Bearer f00dfee", "Bearer f00dfeedf", "Bearer F00DFEED", "Basic f00dfeed", "f00dfeed"}) {
      HttpRequest request = Harness::Make(route.method, route.target, Line("ann", "inbox"));
      request.headers = {{"Authorization", authorization}};
      const auto answer = harness.Send(request);
      ASSERT_TRUE(answer) << route.target;
      EXPECT_EQ(answer->status, 401) << route.target << " with \"" << authorization << "\"";
      EXPECT_THAT(HeaderOf(*answer, "WWW-Authenticate"), testing::StartsWith("Bearer"));
    }
  }
  EXPECT_EQ(harness.engine().stats().changes, 0U);
}

TEST(GuardTest, WithoutATokenEverythingIsRefusedAndTheNextStepIsNamed) {
  Harness harness(NewMemoryDisk(), "");
  for (const char* authorization : {"", "Bearer ", "Bearer f00dfeed"}) {
    HttpRequest request = Harness::Make("POST", "/v1/changes", Line("ann", "inbox"));
    request.headers = {{"Authorization", authorization}};
    const auto answer = harness.Send(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401);
    EXPECT_THAT(answer->body, HasSubstr("--ingest-token-file"));
  }
  EXPECT_EQ(harness.engine().stats().changes, 0U);
}

TEST(GuardTest, TheSchemeIsTakenInAnyCase) {
  Harness harness;
  HttpRequest request = Harness::Make("GET", "/v1/pings");
  request.headers = {{"AUTHORIZATION", "bEARER f00dfeed"}};
  EXPECT_EQ(harness.Send(request)->status, 200);
}

TEST(GuardTest, AnUnknownPathIs404AndSaysWhatThereIs) {
  Harness harness;
  for (const char* target : {"/v1/", "/v1/change", "/v1/changes/", "/v2/changes", "/v1/mailboxes/ann", "/v1/mailboxes/ann/folders/x",
                             "/v1/mailboxes/ann/devices/D", "/v1/x/ann/folders", "/v1/mailboxes/ann/device/D/sync", "/metrics/x", "/"}) {
    const HttpResponse answer = harness.Post(target, "");
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_THAT(answer.body, HasSubstr("/v1/changes")) << target;
  }
}

TEST(GuardTest, AnotherMethodIs405WithTheOneThatIsTaken) {
  Harness harness;
  for (const Route& route : kRoutes) {
    const HttpResponse answer = harness.Request("DELETE", route.target);
    EXPECT_EQ(answer.status, 405) << route.target;
    EXPECT_EQ(HeaderOf(answer, "Allow"), route.method == std::string_view("GET") ? "GET, HEAD" : route.method) << route.target;
  }
  for (const char* target : {"/v1/pings", "/metrics"}) EXPECT_EQ(harness.Request("HEAD", target).status, 200) << target;
  EXPECT_EQ(harness.Post("/healthz", "").status, 405);
}

TEST(GuardTest, AMalformedPathIs400) {
  Harness harness;
  for (const char* target : {"/v1/mailboxes/%4/folders", "/v1/mailboxes/%zz/folders", "/v1/explain?device=%"}) {
    EXPECT_EQ(harness.Request("PUT", target).status, 400) << target;
  }
}

TEST(GuardTest, ABodyOverEightMebibytesIs413) {
  Harness harness;
  const std::string blank(8 * 1024 * 1024, '\n');
  EXPECT_EQ(harness.Post("/v1/changes", blank).status, 200);
  EXPECT_EQ(harness.Post("/v1/changes", blank + "\n").status, 413);
}

TEST(GuardTest, ABodyInAnyCodingButIdentityIs415) {
  Harness harness;
  for (const Route& route : kRoutes) {
    for (const char* coding : {"gzip", "GZIP", "deflate", "br", "identity, gzip"}) {
      HttpRequest request = Harness::Make(route.method, route.target, Line("ann", "inbox"));
      request.headers.emplace_back("Content-Encoding", "identity");
      request.headers.emplace_back("content-encoding", coding);
      const auto answer = harness.Send(request);
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 415) << route.target << " " << coding;
      EXPECT_EQ(HeaderOf(*answer, "Accept-Encoding"), "identity");
      EXPECT_THAT(answer->body, HasSubstr("Content-Encoding"));
    }
  }
  EXPECT_EQ(harness.engine().stats().changes, 0U);
  HttpRequest request = Harness::Make("POST", "/v1/changes", Line("ann", "inbox"));
  request.headers.emplace_back("Content-Encoding", "Identity");
  EXPECT_EQ(harness.Send(request)->status, 200);
}

TEST(GuardTest, ErrorsAreJson) {
  Harness harness;
  const HttpResponse answer = harness.Get("/v1/nothing");
  EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/json");
  EXPECT_TRUE(nlohmann::json::parse(answer.body).at("error").is_string());
}

}  // namespace
}  // namespace mailwake::test
