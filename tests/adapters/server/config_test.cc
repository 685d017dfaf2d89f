// SPDX-License-Identifier: Apache-2.0
//
// The TOML file: every key, every wrong value, and what flags do to it.

#include "adapters/server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace mailwake::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Config> config = ParseConfig(text, "mailwake.toml");
  EXPECT_TRUE(absl::IsInvalidArgument(config.status())) << text << ": " << config.status();
  return std::string(config.status().message());
}

TEST(ConfigTest, AnEmptyFileGivesTheDefaults) {
  const Config config = ParseConfig("# nothing\n", "f").value();
  EXPECT_EQ(config.listen, "127.0.0.1:8443");
  EXPECT_EQ(config.store, "sqlite:mailwake.db");
  EXPECT_EQ(config.cert, "");
  EXPECT_EQ(config.key, "");
  EXPECT_EQ(config.ingest_token_file, "");
  EXPECT_FALSE(config.tls_1_3_only);
  EXPECT_EQ(config.acknowledge, Acknowledge::kSync);
  EXPECT_EQ(config.drain, seconds(10));
  EXPECT_EQ(config.heartbeat_min, seconds(60));
  EXPECT_EQ(config.heartbeat_max, seconds(3540));
  EXPECT_EQ(config.folders_per_ping, 300U);
  EXPECT_FALSE(config.pings.has_value());
  EXPECT_EQ(config.pings_per_mailbox, 100U);
  EXPECT_EQ(config.connections_per_address, 10'000U);
  EXPECT_EQ(config.connections_per_user, 250U);
  EXPECT_EQ(config.unknown_requests_per_second, 4U);
  EXPECT_EQ(config.password_threads, 1U);
  EXPECT_FALSE(config.pin_loops);
  EXPECT_EQ(config.requests_per_user_minute, 6000U);
  EXPECT_EQ(config.requests_per_address_minute, 600000U);
  for (const Duration window : config.coalesce) EXPECT_EQ(window, milliseconds(0));
}

TEST(ConfigTest, EveryKeyIsTaken) {
  const Config config = ParseConfig(R"(
listen = "[::1]:0"
store = "sqlite:/var/lib/mailwake/mailwake.db"
cert = "c.pem"
key = "k.pem"
ingest_token_file = "token"
tls.second_cert = "second.pem"
tls.second_key = "second.key"
tls.min_version = "1.3"
tls.ciphers = "ECDHE+CHACHA20"
tls.client_ca = "ca.pem"
tls.ocsp_response = "staple.der"
acknowledge = "ping"
pin_loops = true
drain_s = 0
heartbeat.min_s = 1
heartbeat.max_s = 86400
[limits]
folders_per_ping = 5000
pings = 7
pings_per_mailbox = 8
memory_mib = 16
connections_per_address = 9
connections_per_user = 8
unknown_requests_per_second = 7
password_threads = 3
requests_per_user_minute = 9
requests_per_address_minute = 0
[coalesce]
email_ms = 1
calendar_ms = 2
contacts_ms = 3
tasks_ms = 4
notes_ms = 3600000
)",
                                    "f")
                            .value();
  EXPECT_EQ(config.listen, "[::1]:0");
  EXPECT_EQ(config.store, "sqlite:/var/lib/mailwake/mailwake.db");
  EXPECT_EQ(config.cert, "c.pem");
  EXPECT_EQ(config.key, "k.pem");
  EXPECT_EQ(config.ingest_token_file, "token");
  EXPECT_EQ(config.tls_second_cert, "second.pem");
  EXPECT_EQ(config.tls_second_key, "second.key");
  EXPECT_TRUE(config.tls_1_3_only);
  EXPECT_EQ(config.tls_ciphers, "ECDHE+CHACHA20");
  EXPECT_EQ(config.tls_client_ca, "ca.pem");
  EXPECT_EQ(config.tls_ocsp_response, "staple.der");
  EXPECT_EQ(config.acknowledge, Acknowledge::kPing);
  EXPECT_EQ(config.drain, seconds(0));
  EXPECT_EQ(config.heartbeat_min, seconds(1));
  EXPECT_EQ(config.heartbeat_max, seconds(86'400));
  EXPECT_EQ(config.folders_per_ping, 5000U);
  EXPECT_EQ(config.pings, 7U);
  EXPECT_EQ(config.pings_per_mailbox, 8U);
  EXPECT_EQ(config.memory_mib, 16U);
  EXPECT_EQ(config.connections_per_address, 9U);
  EXPECT_EQ(config.connections_per_user, 8U);
  EXPECT_EQ(config.unknown_requests_per_second, 7U);
  EXPECT_EQ(config.password_threads, 3U);
  EXPECT_TRUE(config.pin_loops);
  EXPECT_EQ(config.requests_per_user_minute, 9U);
  EXPECT_EQ(config.requests_per_address_minute, 0U);
  EXPECT_THAT(config.coalesce,
              testing::ElementsAre(milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4), milliseconds(3'600'000)));
}

struct BadValue {
  const char* text;
  const char* error;
};

class BadValueTest : public testing::TestWithParam<BadValue> {};

TEST_P(BadValueTest, NamesFileLineKeyAndWhatIsAllowed) { EXPECT_EQ(ErrorOf(GetParam().text), GetParam().error); }

const BadValue kBadValues[] = {
    {"listen = 8443", "mailwake.toml:1:1: listen is 8443: it must be a string"},
    {"listen = \"8443\"", "mailwake.toml:1:1: listen is '8443': it must be HOST:PORT, as 127.0.0.1:8443 or [::1]:8443, or unix:PATH"},
    {"listen = \":8443\"", "mailwake.toml:1:1: listen is ':8443': it must be HOST:PORT, as 127.0.0.1:8443 or [::1]:8443, or unix:PATH"},
    {"listen = \"unix:\"", "mailwake.toml:1:1: listen is 'unix:': it must be HOST:PORT, as 127.0.0.1:8443 or [::1]:8443, or unix:PATH"},
    {"[proxy]\ntrusted = \"127.0.0.1\"",
     "mailwake.toml:2:1: proxy.trusted is '127.0.0.1': it must be an array of addresses, as [\"127.0.0.1\", \"10.0.0.0/8\"]"},
    {"[proxy]\nprotocol = 2", "mailwake.toml:2:1: proxy.protocol is 2: it must be true or false"},
    {"pin_loops = \"yes\"", "mailwake.toml:1:1: pin_loops is 'yes': it must be true or false"},
    {"listen = \"h:65536\"", "mailwake.toml:1:1: listen is 'h:65536': it must be HOST:PORT, as 127.0.0.1:8443 or [::1]:8443, or unix:PATH"},
    {"listen = \"::1:8443\"",
     "mailwake.toml:1:1: listen is '::1:8443': it must be HOST:PORT, as 127.0.0.1:8443 or [::1]:8443, or unix:PATH"},
    {"\nstore = \"mailwake.db\"", "mailwake.toml:2:1: store is 'mailwake.db': it must be sqlite:PATH, as sqlite:mailwake.db"},
    {"store = \"sqlite:\"", "mailwake.toml:1:1: store is 'sqlite:': it must be sqlite:PATH, as sqlite:mailwake.db"},
    {"store = true", "mailwake.toml:1:1: store is true: it must be a string"},
    {"cert = 1", "mailwake.toml:1:1: cert is 1: it must be a string"},
    {"key = [\"k\"]", "mailwake.toml:1:1: key is an array: it must be a string"},
    {"ingest_token_file = 1.5", "mailwake.toml:1:1: ingest_token_file is 1.5: it must be a string"},
    {"acknowledge = \"never\"", "mailwake.toml:1:1: acknowledge is 'never': it must be \"sync\" or \"ping\""},
    {"tls.min_version = \"1.1\"", "mailwake.toml:1:5: tls.min_version is '1.1': it must be \"1.2\" or \"1.3\""},
    {"acknowledge = true", "mailwake.toml:1:1: acknowledge is true: it must be \"sync\" or \"ping\""},
    {"drain_s = -1", "mailwake.toml:1:1: drain_s is -1: it must be a whole number from 0 to 3600"},
    {"drain_s = 3601", "mailwake.toml:1:1: drain_s is 3601: it must be a whole number from 0 to 3600"},
    {"drain_s = 1.5", "mailwake.toml:1:1: drain_s is 1.5: it must be a whole number from 0 to 3600"},
    {"drain_s = \"10\"", "mailwake.toml:1:1: drain_s is '10': it must be a whole number from 0 to 3600"},
    {"heartbeat = 60", "mailwake.toml:1:1: heartbeat is 60: it must be a table [heartbeat]"},
    {"[heartbeat]\nmin_s = 0", "mailwake.toml:2:1: heartbeat.min_s is 0: it must be a whole number from 1 to 86400"},
    {"[heartbeat]\nmax_s = 86401", "mailwake.toml:2:1: heartbeat.max_s is 86401: it must be a whole number from 1 to 86400"},
    {"heartbeat.min_s = 3541", "mailwake.toml: heartbeat.min_s is 3541 and heartbeat.max_s 3540: the minimum may not exceed the maximum"},
    {"[limits]\nfolders_per_ping = 0", "mailwake.toml:2:1: limits.folders_per_ping is 0: it must be a whole number from 1 to 5000"},
    {"[limits]\npings = 0", "mailwake.toml:2:1: limits.pings is 0: it must be a whole number from 1 to 10000000"},
    {"[limits]\npings_per_mailbox = 0", "mailwake.toml:2:1: limits.pings_per_mailbox is 0: it must be a whole number from 1 to 1000000"},
    {"[limits]\nconnections_per_address = 0",
     "mailwake.toml:2:1: limits.connections_per_address is 0: it must be a whole number from 1 to 10000000"},
    {"[coalesce]\nemail_ms = -1", "mailwake.toml:2:1: coalesce.email_ms is -1: it must be a whole number from 0 to 3600000"},
    {"[coalesce]\ncalendar_ms = \"1s\"", "mailwake.toml:2:1: coalesce.calendar_ms is '1s': it must be a whole number from 0 to 3600000"},
    {"[coalesce]\ncontacts_ms = 3600001",
     "mailwake.toml:2:1: coalesce.contacts_ms is 3600001: it must be a whole number from 0 to 3600000"},
    {"[coalesce]\ntasks_ms = {}", "mailwake.toml:2:1: coalesce.tasks_ms is a table: it must be a whole number from 0 to 3600000"},
    {"[coalesce]\nnotes_ms = 1979-05-27",
     "mailwake.toml:2:1: coalesce.notes_ms is 1979-05-27: it must be a whole number from 0 to 3600000"},
    {"cert = \"c\"\nkey = \"k\"\ntls.second_cert = \"d\"",
     "mailwake.toml: tls.second_cert and tls.second_key belong together, and stand beside cert and key: give all four PEM files"},
    {"tls.second_cert = \"d\"\ntls.second_key = \"e\"",
     "mailwake.toml: tls.second_cert and tls.second_key belong together, and stand beside cert and key: give all four PEM files"},
    {"limits.requests_per_user_minute = -1",
     "mailwake.toml:1:8: limits.requests_per_user_minute is -1: it must be a whole number from 0 to 1000000000"},
    {"cert = \"c.pem\"", "mailwake.toml: cert is given without key: give both PEM files, or neither for a self-signed certificate"},
    {"key = \"k.pem\"", "mailwake.toml: key is given without cert: give both PEM files, or neither for a self-signed certificate"},
    {"\n\nlisten_on = \"x\"",
     "mailwake.toml:3:1: listen_on is not a setting: allowed are listen, store, user, cert, key, [tls], [proxy], ingest_token_file, "
     "acknowledge, pin_loops, drain_s, [heartbeat], [limits], [coalesce]"},
    {"[heartbeat]\nminimum = 60", "mailwake.toml:2:1: heartbeat.minimum is not a setting: allowed are heartbeat.min_s, heartbeat.max_s"},
    {"[drain_s]\nx = 1", "mailwake.toml:1:2: drain_s is a table: it must be a whole number from 0 to 3600"},
};
INSTANTIATE_TEST_SUITE_P(Each, BadValueTest, testing::ValuesIn(kBadValues));

TEST(ConfigTest, WhatIsNotTomlIsNamedWithItsPlace) {
  EXPECT_THAT(ErrorOf("listen = \"a:1\"\ndrain_s = \n"), StartsWith("mailwake.toml:2:"));
  EXPECT_THAT(ErrorOf("drain_s = 1\ndrain_s = 2\n"), StartsWith("mailwake.toml:2:"));
  EXPECT_THAT(ErrorOf("\xff\xfe"), StartsWith("mailwake.toml:1:"));
  EXPECT_THAT(ErrorOf("[["), StartsWith("mailwake.toml:1:"));
  EXPECT_THAT(ErrorOf(std::string("x = ") + std::string(100'000, '[')), StartsWith("mailwake.toml:1:"));
}

class FileTest : public testing::Test {
 protected:
  ~FileTest() override { std::remove(path_.c_str()); }
  absl::StatusOr<Config> Load(const std::string& text, ServeArguments arguments = {}) {
    std::ofstream(path_) << text;
    arguments.config_file = path_;
    return LoadConfig(arguments);
  }
  const std::string path_ = testing::TempDir() + "config_test." + std::to_string(::getpid()) + ".toml";
};

TEST_F(FileTest, FlagsWinOverTheFile) {
  const Config config = Load("listen = \"a:1\"\nstore = \"sqlite:a\"\ncert = \"a\"\nkey = \"a\"\ningest_token_file = \"a\"\ndrain_s = 3",
                             {.listen = "b:2", .store = "sqlite:b", .cert = "b", .key = "c", .ingest_token_file = "d"})
                            .value();
  EXPECT_EQ(config.listen, "b:2");
  EXPECT_EQ(config.store, "sqlite:b");
  EXPECT_EQ(config.cert, "b");
  EXPECT_EQ(config.key, "c");
  EXPECT_EQ(config.ingest_token_file, "d");
  EXPECT_EQ(config.drain, seconds(3));
}

TEST_F(FileTest, AFlagCompletesThePairThatTheFileBegan) {
  EXPECT_TRUE(Load("cert = \"a\"", {.key = "k"}).ok());
  EXPECT_FALSE(Load("cert = \"a\"").ok());
}

TEST_F(FileTest, FlagsAreCheckedToo) {
  EXPECT_THAT(Load("", {.listen = "nothing"}).status().message(), HasSubstr("HOST:PORT"));
  EXPECT_THAT(Load("", {.store = "postgres:x"}).status().message(), HasSubstr("sqlite:PATH"));
}

TEST_F(FileTest, AMissingFileIsSaid) {
  EXPECT_THAT(LoadConfig({.config_file = "/nonexistent/x.toml"}).status().message(), HasSubstr("/nonexistent/x.toml"));
  EXPECT_THAT(LoadConfig({.config_file = testing::TempDir()}).status().message(), HasSubstr("directory"));
  EXPECT_TRUE(Load("").ok()) << "an empty one is fine";
}

}  // namespace
}  // namespace mailwake::server
