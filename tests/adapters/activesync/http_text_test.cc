// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/http_text.h"

#include <gtest/gtest.h>

#include <set>

#include "mailwake/adapters/http.h"

namespace mailwake {
namespace {

TEST(HttpHeader, IsFoundInAnyCase) {
  HttpRequest request;
  request.headers = {{"Ms-Asprotocolversion", "14.1"}, {"X-Ms-Policykey", "7"}, {"x-ms-policykey", "8"}};
  EXPECT_EQ(Header(request, "MS-ASProtocolVersion"), "14.1");
  EXPECT_EQ(Header(request, "X-MS-PolicyKey"), "7");
  EXPECT_EQ(Header(request, "Authorization"), "");
}

TEST(PercentDecode, DecodesAndKeepsThePlus) {
  EXPECT_EQ(PercentDecode("a%40b%2Fc+d"), "a@b/c+d");
  EXPECT_EQ(PercentDecode(""), "");
  for (const char* bad : {"%", "%4", "a%4", "%zz", "%4g", "x%"}) EXPECT_FALSE(PercentDecode(bad)) << bad;
}

TEST(Base64, DecodesBothAlphabetsWithOrWithoutPadding) {
  EXPECT_EQ(Base64Decode("YQ=="), "a");
  EXPECT_EQ(Base64Decode("YQ"), "a");
  EXPECT_EQ(Base64Decode("YWI"), "ab");
  EXPECT_EQ(Base64Decode("YWJj"), "abc");
  EXPECT_EQ(Base64Decode("+/-_"), "\xfb\xff\xbf");
  EXPECT_EQ(Base64Decode(""), "");
  for (const char* bad : {"Y", "YWJjZ", "Y Q=", "YQ=x", "====", "Y\xffQ="}) EXPECT_FALSE(Base64Decode(bad)) << bad;
}

TEST(Base64, EncodesWithPadding) {
  EXPECT_EQ(Base64Encode(""), "");
  EXPECT_EQ(Base64Encode("a"), "YQ==");
  EXPECT_EQ(Base64Encode("ab"), "YWI=");
  EXPECT_EQ(Base64Encode("abc"), "YWJj");
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(Base64Decode(Base64Encode(all)), all);
}

TEST(BasicCredentials, AreTakenApartAtTheFirstColon) {
  const auto both = ParseBasic(BasicAuthorization("ann@example.org", "a:b c"));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->user, "ann@example.org");
  EXPECT_EQ(both->password, "a:b c");
  EXPECT_EQ(ParseBasic("  basic   YW5uOg==  ")->user, "ann");
  EXPECT_EQ(ParseBasic("basic YW5uOg==")->password, "");
}

TEST(BasicCredentials, AreRefusedWhenDamaged) {
  for (const char* bad : {"", "Basic", "Basic ", "Basic !", "Bearer YW5uOg==", "Basic YW5u", "Basic OmE=", "BasicYW5uOg=="}) {
    EXPECT_FALSE(ParseBasic(bad)) << bad;
  }
}

TEST(SplitTarget, SplitsAtTheFirstQuestionMark) {
  EXPECT_EQ(SplitTarget("/a?b?c").path, "/a");
  EXPECT_EQ(SplitTarget("/a?b?c").query, "b?c");
  EXPECT_EQ(SplitTarget("/a").query, "");
}

TEST(SomeSecondsTest, AreWithinTheBoundsAndNotAllTheSame) {
  std::set<int> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(SomeSeconds(3, 10));
  EXPECT_EQ(*seen.begin(), 3);
  EXPECT_EQ(*seen.rbegin(), 10);
  EXPECT_EQ(seen.size(), 8u);
}

}  // namespace
}  // namespace mailwake
