// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/router.h"

#include <gtest/gtest.h>

namespace mailwake::internal {
namespace {

// The name of the handler that ran last.
std::string& Routed() {
  static std::string name;
  return name;
}

HttpHandler Named(std::string name) {
  return [name](HttpRequest, std::shared_ptr<HttpExchange>) { Routed() = name; };
}

std::string Route(const Router& router, std::string_view target) {
  Routed() = "none";
  if (const HttpHandler* handler = router.Find(target)) (*handler)({}, nullptr);
  return Routed();
}

TEST(RouterTest, TheLongestMatchCounts) {
  Router router;
  router.Add("/v1/", Named("api"));
  router.Add("/v1/changes", Named("changes"));
  router.Add("/v1/mailboxes/", Named("mailboxes"));
  EXPECT_EQ(Route(router, "/v1/changes"), "changes");
  EXPECT_EQ(Route(router, "/v1/changes?x=/v1/mailboxes/"), "changes");
  EXPECT_EQ(Route(router, "/v1/changes/"), "api");
  EXPECT_EQ(Route(router, "/v1/mailboxes/ann/folders"), "mailboxes");
  EXPECT_EQ(Route(router, "/v1"), "none");
  EXPECT_EQ(Route(router, "/"), "none");
  EXPECT_EQ(Route(router, "*"), "none");
}

TEST(OriginFormTest, TakesSchemeAndAuthorityOffAnAbsoluteTarget) {
  EXPECT_EQ(OriginForm("http://host:8443/healthz?x"), "/healthz?x");
  EXPECT_EQ(OriginForm("HTTPS://user@[::1]:8443//a/b"), "//a/b");
  EXPECT_EQ(OriginForm("https://host"), "/");
  EXPECT_EQ(OriginForm("https://host?x=/y"), "/?x=/y");
  for (const char* other : {"/a?u=http://host/b", "*", "", "host:443", "a/b", "ftp://host/a"}) EXPECT_EQ(OriginForm(other), other);
}

TEST(RouterTest, ALaterHandlerOfTheSamePathReplaces) {
  Router router;
  router.Add("/a", Named("old"));
  router.Add("/a", Named("new"));
  EXPECT_EQ(Route(router, "/a"), "new");
}

}  // namespace
}  // namespace mailwake::internal
