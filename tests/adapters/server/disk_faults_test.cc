// SPDX-License-Identifier: Apache-2.0
//
// The real program on a disk on which the n-th call fails, for every n, once or from then on: whoever starts, publishes, lists folders,
// syncs, waits or adds a user is answered clearly; the program goes on when the disk does; and after kill -9 nothing is missing that was
// acknowledged.

#include "tests/adapters/stores/disk_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "adapters/server/device.h"
#include "adapters/server/secret_file.h"
#include "mailwake/adapters/http_text.h"
#include "mailwake/adapters/wbxml.h"
#include "tests/adapters/server/running_server.h"

namespace mailwake::test {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;

struct Fault {
  const char* name;
  std::vector<DiskCall> calls;
  int code;
  bool sticky;
  int step;  // every n up to 40, and then each step-th
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

// A damaged file is not written to any more until somebody has looked and started anew: it goes on only then.
bool Damage(const Fault& fault) { return fault.code == SQLITE_IOERR_SHORT_READ; }

// What somebody was told is done.
struct Acknowledged {
  bool list = false;   // the folder list with "new" in it
  bool inbox = false;  // a change after the last sync
  bool bob = false;
  int refused = 0;  // answers that said so
  std::optional<std::string> folder_key = {}, sync_key = {};
};

// ann's phone, on one connection.
class Phone {
 public:
  Phone(const server::ServerArguments& arguments, std::string id, std::string user = "ann")
      : client_(server::HttpsClient::Create(arguments).value()), id_(std::move(id)), user_(std::move(user)) {}

  server::HttpsReply Send(const server::HttpsMessage& message) {
    const auto reply = client_->Send(message);
    EXPECT_TRUE(reply.ok()) << message.target << ": " << reply.status();
    if (!reply.ok()) return {};
    EXPECT_THAT(reply->status, AnyOf(200, 503)) << message.target << ": " << reply->body;
    if (reply->status != 200) ++refused_;
    return *reply;
  }
  bool Ask(const std::string& method, const std::string& target, const std::string& body) {
    const server::HttpsReply reply =
        Send({.method = method, .target = target, .headers = {{"Authorization", "Bearer " + Site::token()}}, .body = body});
    if (reply.status != 200) {
      EXPECT_THAT(reply.body, HasSubstr("{\"error\":\"")) << target;
    }
    return reply.status == 200;
  }
  bool Publish(const std::string& folder) {
    return Ask("POST", "/v1/changes", R"({"mailbox":"ann","folder":")" + folder + R"(","class":"email","kind":"added"})");
  }
  // The new key; none: the answer says that the server has trouble.
  std::optional<std::string> FolderSync(const std::string& key) {
    namespace tags = wbxml::folder_hierarchy;
    wbxml::Writer out;
    out.Start(tags::kFolderSync);
    out.Text(tags::kSyncKey, key);
    out.End();
    const server::HttpsReply reply = Post("FolderSync", std::move(out).document());
    if (reply.status != 200) return std::nullopt;
    const auto document = wbxml::Document::Parse(reply.body);
    folders_ = reply.body;
    EXPECT_TRUE(document.ok()) << document.status();
    if (!document.ok()) return std::nullopt;
    const std::string status(document->root().Child(tags::kStatus).text());
    if (status != "1") {
      EXPECT_EQ(status, "6") << "FolderSync";
    }
    if (status != "1") return std::nullopt;
    return std::string(document->root().Child(tags::kSyncKey).text());
  }
  std::optional<std::string> Sync(const std::string& key) {
    namespace tags = wbxml::airsync;
    wbxml::Writer out;
    for (const auto tag : {tags::kSync, tags::kCollections, tags::kCollection}) out.Start(tag);
    out.Text(tags::kSyncKey, key);
    out.Text(tags::kCollectionId, "inbox");
    for (int i = 0; i < 3; ++i) out.End();
    const server::HttpsReply reply = Post("Sync", std::move(out).document());
    if (reply.status != 200) return std::nullopt;
    if (reply.body.empty()) return key;  // nothing new
    const auto document = wbxml::Document::Parse(reply.body);
    EXPECT_TRUE(document.ok()) << document.status();
    if (!document.ok()) return std::nullopt;
    const auto collection = document->root().Child(tags::kCollections).Child(tags::kCollection);
    const std::string status(collection ? collection.Child(tags::kStatus).text() : document->root().Child(tags::kStatus).text());
    if (status != "1") {
      EXPECT_THAT(status, AnyOf("5", "16")) << "Sync of key " << key;
    }
    if (status != "1") return std::nullopt;
    return std::string(collection.Child(tags::kSyncKey).text());
  }
  absl::StatusOr<server::PingAnswer> Ping() {
    return server::Device(*client_, user_, Site::password(), id_).Ping({{.id = "inbox"}}, std::chrono::seconds(1));
  }
  const std::string& folders() const { return folders_; }
  int refused() const { return refused_; }

 private:
  server::HttpsReply Post(const std::string& command, std::string body) {
    return Send({.method = "POST",
                 .target = "/Microsoft-Server-ActiveSync?Cmd=" + command + "&User=" + user_ + "&DeviceId=" + id_ + "&DeviceType=t",
                 .headers = {{"Authorization", BasicAuthorization(user_, Site::password())},
                             {"MS-ASProtocolVersion", "14.1"},
                             {"Content-Type", "application/vnd.ms-sync.wbxml"}},
                 .body = std::move(body)});
  }

  std::unique_ptr<server::HttpsClient> client_;
  const std::string id_, user_;
  std::string folders_;
  int refused_ = 0;
};

class DiskFaultsTest : public testing::TestWithParam<Fault> {
 protected:
  // A store that was killed, so that its log has to be read again at the next start: ann's tablet is behind in her inbox, her phone not.
  DiskFaultsTest() {
    ::setenv("MAILWAKE_DISK_FAULTS", (home_.dir() / "faults").c_str(), 1);
    home_.AddUser("ann");
    RunningServer server(home_);
    Phone tablet(server.arguments(), "TABLET"), phone(server.arguments(), "PHONE");
    EXPECT_TRUE(tablet.Ask("PUT", "/v1/mailboxes/ann/folders", R"([{"id":"inbox","name":"Inbox","class":"email"}])"));
    EXPECT_TRUE(tablet.FolderSync("0") && phone.FolderSync("0"));
    EXPECT_TRUE(tablet.Publish("inbox"));
    EXPECT_TRUE(phone.Sync(phone.Sync("0").value_or("none")));
    server.program().Signal(SIGKILL);
    server.program().Wait();
  }

  // Everything but the configuration, which names the directory.
  void Copy(const Site& to) const {
    for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(home_.config()).parent_path())) {
      const std::string name = file.path().filename();
      if (file.is_regular_file() && name.starts_with("m.db") && !name.ends_with("-shm"))
        std::filesystem::copy_file(file.path(), to.dir() / name);
    }
  }

  static Acknowledged Story(const Site& site, const server::ServerArguments& arguments) {
    Acknowledged told;
    Phone phone(arguments, "PHONE");
    told.list = phone.Ask("PUT", "/v1/mailboxes/ann/folders",
                          R"([{"id":"inbox","name":"Inbox","class":"email"},{"id":"new","name":"New","class":"email"}])");
    told.inbox = phone.Publish("inbox");
    told.folder_key = phone.FolderSync("0");
    if (told.folder_key && told.list) {
      EXPECT_THAT(phone.folders(), HasSubstr("new"));
    }
    if (const auto key = phone.Sync("0")) {
      told.sync_key = key;
      told.inbox = false;
      if (const auto next = phone.Sync(*key)) told.sync_key = next;
    }
    if (phone.Publish("inbox")) told.inbox = true;
    const auto ping = phone.Ping();
    if (ping.ok()) {
      EXPECT_THAT(ping->status, AnyOf(1, 2, 7, 8));
      if (told.inbox) {
        EXPECT_NE(ping->status, 1) << "P1";
      }
    } else {
      EXPECT_THAT(std::string(ping.status().message()), HasSubstr("HTTP 503"));
    }
    told.refused = phone.refused();
    const Result bob = Program({"user", "import", "-", "--store", site.store()}, "bob:{PLAIN}" + Site::password() + "\n").Wait();
    told.bob = bob.exit_code == 0;
    if (!told.bob) {
      EXPECT_EQ(bob.exit_code, 1);
      EXPECT_THAT(bob.err, HasSubstr("mailwake: ")) << "clear";
    }
    return told;
  }

  static void ExpectKept(const Site& site, const Acknowledged& told) {
    RunningServer server(site);
    ASSERT_FALSE(server.url().empty());
    Phone phone(server.arguments(), "PHONE"), tablet(server.arguments(), "TABLET");
    if (told.folder_key) {
      EXPECT_TRUE(phone.FolderSync(*told.folder_key)) << "the key is known";
    }
    if (told.sync_key && !told.inbox) {
      EXPECT_TRUE(phone.Sync(*told.sync_key)) << "the key is known";
    }
    for (Phone* each : {&phone, &tablet}) {
      EXPECT_TRUE(each->FolderSync("0"));
      if (told.list) {
        EXPECT_THAT(each->folders(), HasSubstr("new")) << "the folder list is lost";
      }
      if (each == &phone && !told.inbox) continue;
      const auto ping = each->Ping();
      ASSERT_TRUE(ping.ok()) << ping.status();
      EXPECT_EQ(ping->status, 2) << "a change is lost";
      EXPECT_THAT(ping->folders, Contains("inbox"));
    }
    if (told.sync_key) {
      EXPECT_TRUE(phone.Sync(*told.sync_key)) << "the key is known";
    }
    if (told.bob) {
      EXPECT_TRUE(Phone(server.arguments(), "B", "bob").FolderSync("0")) << "an account is lost";
    }
  }

  const Site home_{"heartbeat.min_s = 1\n"};
};

TEST_P(DiskFaultsTest, WhicheverCallFailsAllIsAnsweredClearlyAndNothingAcknowledgedIsLost) {
  const Fault& fault = GetParam();
  int starts = 0, answers = 0, rounds = 0;  // the first two: that were refused
  for (int n = 1;; n += n < 40 ? 1 : fault.step) {
    SCOPED_TRACE(std::string(fault.name) + ", call " + std::to_string(n));
    const Site site("heartbeat.min_s = 1\n");
    Copy(site);
    ::setenv("MAILWAKE_DISK_FAULTS", (site.dir() / "faults").c_str(), 1);
    DiskFaults& faults = DiskFaults::Share(site.dir() / "faults");
    faults.Arm({.calls = fault.calls, .n = n, .code = fault.code, .sticky = fault.sticky});
    Program program({"serve", "--config", site.config()});
    EXPECT_TRUE(Eventually([&] { return program.out().find('\n') != std::string::npos || !program.Running(); }));
    const std::string line = program.out();
    Acknowledged told;
    bool struck = false;
    if (line.find('\n') == std::string::npos) {
      const Result result = program.Wait();
      EXPECT_EQ(result.exit_code, 1);
      EXPECT_THAT(result.err, HasSubstr("\nmailwake: " + site.dir() / "m.db")) << "it says which file";
      struck = faults.struck();
      EXPECT_TRUE(struck) << result.err;
      ++starts;
    } else {
      const std::string url = line.substr(15, line.find('\n') - 15);
      const server::ServerArguments arguments{.url = url, .ca_file = site.certificate()};
      told = Story(site, arguments);
      answers += told.refused;
      struck = faults.struck();
      faults.Heal();
      EXPECT_TRUE(program.Running()) << program.err();
      const bool again = Phone(arguments, "PHONE").Publish("inbox");
      if (!Damage(fault)) {
        EXPECT_TRUE(again) << "it goes on";
      }
      told.inbox = told.inbox || again;
      program.Signal(SIGKILL);
      program.Wait();
    }
    faults.Heal();
    ExpectKept(site, told);
    if (HasFailure()) GTEST_FAIL() << program.err();
    ++rounds;
    if (!struck) break;
    ASSERT_LT(n, 5000);
  }
  std::printf("%s: %d rounds, %d starts and %d requests refused\n", fault.name, rounds, starts, answers);
  EXPECT_GT(starts, 0) << "nothing failed early";
}

// `user add` alone: its run of argon2 would make each round of the story twice as long.
TEST_P(DiskFaultsTest, WhicheverCallFailsUserAddHasAddedOrSaysThatItHasNot) {
  const Fault& fault = GetParam();
  int refused = 0;
  for (int n = 1;; n += n < 6 ? 1 : 5) {
    SCOPED_TRACE(std::string(fault.name) + ", call " + std::to_string(n));
    const Site site;
    Copy(site);
    ::setenv("MAILWAKE_DISK_FAULTS", (site.dir() / "faults").c_str(), 1);
    DiskFaults& faults = DiskFaults::Share(site.dir() / "faults");
    faults.Arm({.calls = fault.calls, .n = n, .code = fault.code, .sticky = fault.sticky});
    const std::vector<std::string> add = {"user", "add", "carol", "--store", site.store()};
    const Result first = Program(add, "secret\n").Wait();
    faults.Heal();
    if (first.exit_code != 0) {
      ++refused;
      EXPECT_EQ(first.exit_code, 1);
      EXPECT_THAT(first.err, testing::StartsWith("mailwake: " + site.dir() / "m.db"));
    }
    const Result second = Program(add, "secret\n").Wait();
    EXPECT_EQ(second.exit_code, 0) << second.err;
    if (first.exit_code == 0) {
      EXPECT_EQ(second.out, "new password for carol\n") << "the account is lost";
    }
    ASSERT_FALSE(HasFailure()) << first.err;
    if (!faults.struck()) break;
    ASSERT_LT(n, 5000);
  }
  EXPECT_GT(refused, 0) << "nothing failed";
}

INSTANTIATE_TEST_SUITE_P(All, DiskFaultsTest,
                         testing::ValuesIn(std::vector<Fault>{
                             {"WriteFull", {DiskCall::kWrite, DiskCall::kTruncate, DiskCall::kSync}, SQLITE_FULL, false, 1},
                             {"WriteFullForGood", {DiskCall::kWrite, DiskCall::kTruncate, DiskCall::kSync}, SQLITE_FULL, true, 1},
                             {"WriteFails", {DiskCall::kWrite, DiskCall::kTruncate}, SQLITE_IOERR_WRITE, false, 1},
                             {"WriteFailsForGood", {DiskCall::kWrite, DiskCall::kTruncate}, SQLITE_IOERR_WRITE, true, 1},
                             {"SyncFails", {DiskCall::kSync}, SQLITE_IOERR_FSYNC, false, 1},
                             {"SyncFailsForGood", {DiskCall::kSync}, SQLITE_IOERR_FSYNC, true, 1},
                             {"ReadFails", {DiskCall::kRead}, SQLITE_IOERR_READ, false, 1},
                             {"ReadFailsForGood", {DiskCall::kRead}, SQLITE_IOERR_READ, true, 1},
                             {"ReadShort", {DiskCall::kRead}, SQLITE_IOERR_SHORT_READ, false, 1},
                             {"ReadShortForGood", {DiskCall::kRead}, SQLITE_IOERR_SHORT_READ, true, 1},
                             {"OpenFails", {DiskCall::kOpen}, SQLITE_CANTOPEN, false, 1},
                             {"OpenFailsForGood", {DiskCall::kOpen}, SQLITE_CANTOPEN, true, 1},
                             {"LookFails", {DiskCall::kAccess, DiskCall::kFileSize, DiskCall::kDelete}, SQLITE_IOERR_FSTAT, false, 3},
                             {"LookFailsForGood", {DiskCall::kAccess, DiskCall::kFileSize, DiskCall::kDelete}, SQLITE_IOERR_FSTAT, true, 3},
                             {"LockFails", {DiskCall::kLock, DiskCall::kShmMap, DiskCall::kShmLock}, SQLITE_IOERR_LOCK, false, 5},
                             {"LockFailsForGood", {DiskCall::kLock, DiskCall::kShmMap, DiskCall::kShmLock}, SQLITE_IOERR_LOCK, true, 5},
                         }),
                         [](const testing::TestParamInfo<Fault>& fault) { return fault.param.name; });

}  // namespace
}  // namespace mailwake::test
