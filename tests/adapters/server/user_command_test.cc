// SPDX-License-Identifier: Apache-2.0
//
// `mailwake user add` and `mailwake user import`, with and without a running server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::HasSubstr;
using testing::Not;

Result Add(const Site& site, const std::string& name, const std::string& input) {
  return Program({"user", "add", name, "--store", site.store()}, input).Wait();
}

// The exit code of a PING with this password: 1 with status 3 if the password is right, as nothing is named.
bool CanLogIn(const Site& site, const RunningServer& server, const std::string& name, const std::string& password) {
  const std::string file = site.dir().Write("try", password + "\n");
  return Program({"ping", "--user", name, "--password-file", file, "--server", server.url(), "--ca", site.certificate()})
             .Wait()
             .out.find("status 3") == 0;
}

TEST(UserAddTest, MakesTheStoreAndWorksBesideARunningServer) {
  const Site site;
  const Result first = Add(site, "ann@example.org", "secret 1\r\nnot this\n");
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "added ann@example.org\n");
  RunningServer server(site);
  EXPECT_TRUE(CanLogIn(site, server, "ann@example.org", "secret 1"));
  EXPECT_FALSE(CanLogIn(site, server, "ann@example.org", "secret 2"));
  EXPECT_FALSE(CanLogIn(site, server, "bob", "secret 1"));

  EXPECT_EQ(Add(site, "bob", "secret 3").exit_code, 0);
  EXPECT_TRUE(CanLogIn(site, server, "bob", "secret 3"));
  const Result changed = Add(site, "ann@example.org", "secret 2\n");
  EXPECT_EQ(changed.out, "new password for ann@example.org\n");
  EXPECT_TRUE(Eventually([&] { return CanLogIn(site, server, "ann@example.org", "secret 2"); }));
  EXPECT_TRUE(Eventually([&] { return !CanLogIn(site, server, "ann@example.org", "secret 1"); })) << "the old one ends";
}

TEST(UserAddTest, WrongInputIsExitCode2AndNothingIsAdded) {
  const Site site;
  EXPECT_EQ(Add(site, "ann", "").exit_code, 2);
  EXPECT_EQ(Add(site, "ann", "\n").exit_code, 2);
  EXPECT_EQ(Add(site, "", "pw\n").exit_code, 2);
  EXPECT_EQ(Add(site, "a:b", "pw\n").exit_code, 2);
  EXPECT_EQ(Add(site, std::string(321, 'a'), "pw\n").exit_code, 2);
  EXPECT_EQ(Program({"user", "add", "ann", "--store", "m.db"}, "pw\n").Wait().exit_code, 2);
  struct stat info {};
  EXPECT_NE(::stat((site.dir() / "m.db").c_str(), &info), 0) << "no store was made";
}

TEST(UserAddTest, ANewPasswordEndsThePingsThatWaitUnderTheOldOne) {
  const Site site;
  for (const char* name : {"ann", "bob"}) site.AddUser(name);
  RunningServer server(site);
  const auto ann = server.Waits("ann", "A");
  const auto bob = server.Waits("bob", "B");
  EXPECT_EQ(Add(site, "ann", "secret 2\n").exit_code, 0);
  EXPECT_TRUE(Eventually([&] { return !ann->Running(); }, std::chrono::seconds(5)));
  EXPECT_THAT(ann->err(), HasSubstr("wrong user or password"));
  EXPECT_THAT(server.program().err(), HasSubstr("the password of ann changed"));
  EXPECT_TRUE(bob->Running());

  site.AddUser("bob");  // an import, and once more: the server goes on asking
  EXPECT_TRUE(Eventually([&] { return !bob->Running(); }, std::chrono::seconds(5)));
}

TEST(UserImportTest, TheSameStoredPasswordAgainEndsNothing) {
  const Site site;
  const std::string sha =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";  // "Hello world!"
  const std::string users = site.dir().Write("users", "ann:{SHA512-CRYPT}" + sha + "\n");
  const std::vector<std::string> import = {"user", "import", users, "--store", site.store()};
  ASSERT_EQ(Program(import).Wait().exit_code, 0);
  site.dir().Write("password", "Hello world!\n");
  site.AddUser("bob");
  RunningServer server(site);
  const auto ann = server.Waits("ann", "A");
  site.dir().Write("password", Site::password() + "\n");
  const auto bob = server.Waits("bob", "B");
  ASSERT_EQ(Program(import).Wait().exit_code, 0);
  site.AddUser("bob");  // made later: by the time that it takes effect the other would have
  EXPECT_TRUE(Eventually([&] { return !bob->Running(); }, std::chrono::seconds(5)));
  EXPECT_TRUE(ann->Running());
}

TEST(UserImportTest, TakesEverySchemeAndNamesEveryBadLine) {
  const Site site;
  const std::string sha =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";  // "Hello world!"
  const std::string good = site.dir().Write("good", "# users\nann:{PLAIN}secret 1\nbob:{SHA512-CRYPT}" + sha + ":1000:1000\n");
  const Result imported = Program({"user", "import", good, "--store", site.store()}).Wait();
  EXPECT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_EQ(imported.out, "imported 2 accounts\n");
  RunningServer server(site);
  EXPECT_TRUE(CanLogIn(site, server, "ann", "secret 1"));
  EXPECT_TRUE(CanLogIn(site, server, "bob", "Hello world!"));
  EXPECT_FALSE(CanLogIn(site, server, "bob", "Hello world"));

  const std::string bad = site.dir().Write("bad", "carla:{PLAIN}secret 4\ndora:{MD5}secret 5\nemil secret 6\n");
  const Result refused = Program({"user", "import", bad, "--store", site.store()}).Wait();
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("bad:2: "));
  EXPECT_THAT(refused.err, HasSubstr("bad:3: "));
  EXPECT_THAT(refused.err, Not(HasSubstr("secret")));
  EXPECT_FALSE(CanLogIn(site, server, "carla", "secret 4")) << "nothing is imported if any line is bad";
  EXPECT_EQ(Program({"user", "import", site.dir() / "none", "--store", site.store()}).Wait().exit_code, 2);
}

TEST(UserImportTest, PlainPasswordsAreNotKeptAsTheyAre) {
  const Site site;
  site.AddUser("ann");
  for (const char* name : {"m.db", "m.db-wal"}) {
    EXPECT_EQ(ReadFile(site.dir() / name).find(Site::password()), std::string::npos) << name;
  }
  struct stat key {};
  ASSERT_EQ(::stat((site.dir() / "m.db.key").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600U);
}

}  // namespace
}  // namespace mailwake::test
