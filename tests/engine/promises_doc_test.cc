// SPDX-License-Identifier: Apache-2.0
//
// docs/promises.md names the tests that prove each promise. This test compares it with the tests that exist, in both directions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace mailwake {
namespace {

std::string ReadPage() {
  std::ifstream page(MAILWAKE_PROMISES);
  std::ostringstream text;
  text << page.rdbuf();
  return text.str();
}

// What stands in backticks and looks like the pattern.
std::set<std::string> Named(const std::string& page, const char* pattern) {
  const std::regex name(std::string("`(") + pattern + ")`");
  std::set<std::string> names;
  for (std::sregex_iterator it(page.begin(), page.end(), name), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

// "After/P1OtherEndTest" and "P1TheNextPing/Cancel": the part that stands in the source.
std::string Plain(const std::string& suite) { return suite.substr(suite.find('/') == std::string::npos ? 0 : suite.find('/') + 1); }

struct Registered {
  std::set<std::string> promises;
  std::set<std::string> rules;
};

Registered AllTests() {
  Registered all;
  const ::testing::UnitTest& tests = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < tests.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *tests.GetTestSuite(i);
    if (std::regex_match(suite.name(), std::regex("Rule\\w+Test"))) all.rules.insert(suite.name());
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const std::string name = suite.GetTestInfo(j)->name();
      if (std::regex_search(name, std::regex("^P[1-8][A-Z]")) && (Plain(suite.name()) == "PromiseTest" || Plain(suite.name())[0] == 'P')) {
        all.promises.insert(name.substr(0, name.find('/')));
      }
    }
  }
  return all;
}

TEST(PromisesPageTest, NamesEachTestOfAPromiseAndNoneThatIsNotThere) {
  EXPECT_EQ(Named(ReadPage(), "P[1-8][A-Z]\\w+"), AllTests().promises);
}

TEST(PromisesPageTest, NamesEachSuiteOfARuleAndNoneThatIsNotThere) { EXPECT_EQ(Named(ReadPage(), "Rule\\w+Test"), AllTests().rules); }

TEST(PromisesPageTest, EveryPromiseHasTests) {
  const std::set<std::string> promises = AllTests().promises;
  for (const std::string number : {"P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8"}) {
    EXPECT_THAT(promises, ::testing::Contains(::testing::StartsWith(number)));
  }
}

}  // namespace
}  // namespace mailwake
