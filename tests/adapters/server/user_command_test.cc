// SPDX-License-Identifier: Apache-2.0
//
// `mailwake user` and `mailwake device`, with and without a running server.

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

Result Remove(const Site& site, const std::string& name) { return Program({"user", "remove", name, "--store", site.store()}).Wait(); }

TEST(UserRemoveTest, EndsThePingsThatWaitAndNobodyLogsInAnyMore) {
  const Site site;
  for (const char* name : {"ann", "bob"}) site.AddUser(name);
  RunningServer server(site);
  const auto ann = server.Waits("ann", "A");
  const auto bob = server.Waits("bob", "B");
  const Result removed = Remove(site, "ann");
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  EXPECT_EQ(removed.out, "removed ann\n");
  EXPECT_TRUE(Eventually([&] { return !ann->Running(); }, std::chrono::seconds(5)));
  EXPECT_THAT(ann->err(), HasSubstr("wrong user or password"));
  EXPECT_FALSE(CanLogIn(site, server, "ann", Site::password())) << "what was remembered of the password counts no more";
  EXPECT_TRUE(bob->Running());

  EXPECT_EQ(Remove(site, "ann").exit_code, 1) << "there is none any more";
  EXPECT_EQ(Add(site, "ann", "secret 2\n").out, "added ann\n");
  EXPECT_TRUE(Eventually([&] { return CanLogIn(site, server, "ann", "secret 2"); }));
  EXPECT_FALSE(CanLogIn(site, server, "ann", Site::password()));
  EXPECT_TRUE(bob->Running());
}

TEST(UserRemoveTest, AnAccountThatThereIsNotIsExitCode1) {
  const Site site;
  site.AddUser("ann");
  const Result result = Remove(site, "bob");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no user bob"));
}

Result Block(const Site& site, const std::string& how, const std::string& user, const std::string& device) {
  return Program({"device", how, user, device, "--store", site.store()}).Wait();
}

TEST(DeviceBlockTest, EndsThePingsOfTheDeviceAloneAndTurnsItAwayAfterARestartToo) {
  const Site site;
  for (const char* name : {"ann", "bob"}) site.AddUser(name);
  std::unique_ptr<Program> other, same_id;
  {
    RunningServer server(site);
    const auto blocked = server.Waits("ann", "A");
    other = server.Waits("ann", "B");
    same_id = server.Waits("bob", "A");
    const Result result = Block(site, "block", "ann", "A");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "blocked A of ann\n");
    EXPECT_TRUE(Eventually([&] { return !blocked->Running(); }, std::chrono::seconds(5)));
    EXPECT_THAT(blocked->err(), HasSubstr("HTTP 403"));
    EXPECT_THAT(server.Ping("ann", "A", {})->Wait().err, HasSubstr("HTTP 403"));
    EXPECT_TRUE(other->Running());
    EXPECT_TRUE(same_id->Running());
    EXPECT_EQ(server.held(), 2U);
    EXPECT_TRUE(server.Get("/v1/explain?mailbox=ann&device=A").value("blocked", false));
    EXPECT_FALSE(server.Get("/v1/explain?mailbox=ann&device=B").contains("blocked"));
  }
  RunningServer server(site);
  EXPECT_THAT(server.Ping("ann", "A", {})->Wait().err, HasSubstr("HTTP 403")) << "from the first request on";
  EXPECT_EQ(Block(site, "unblock", "ann", "A").out, "unblocked A of ann\n");
  const auto refused = [&] { return server.Ping("ann", "A", {"--heartbeat", "1"})->Wait().err.find("HTTP 403") != std::string::npos; };
  EXPECT_TRUE(Eventually([&] { return !refused(); }));
}

TEST(DeviceBlockTest, WrongNamesAreRefused) {
  const Site site;
  site.AddUser("ann");
  EXPECT_EQ(Block(site, "block", "bob", "A").exit_code, 1) << "no such user";
  EXPECT_EQ(Block(site, "block", "ann", "").exit_code, 2);
  EXPECT_EQ(Block(site, "block", "ann", std::string(65, 'A')).exit_code, 2);
  EXPECT_EQ(Block(site, "block", "a:b", "A").exit_code, 2);
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
