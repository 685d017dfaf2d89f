// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mailwake::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::vector<MailboxIndex> Mailboxes(const Burst& burst) {
  std::vector<MailboxIndex> mailboxes;
  for (const TrafficChange& change : burst.changes) mailboxes.push_back(change.mailbox);
  return mailboxes;
}

bool IsDelivery(const TrafficChange& change) {
  return change.kind == ChangeKind::kAdded && (change.folder == kInbox || change.folder == kLists);
}

TEST(FleetModelTraffic, HasTheFiguresOfRealMail) {
  auto traffic = NewModelTraffic({.rate = 100, .mailboxes = 1000, .devices_per_mailbox = 2, .seed = 3});
  double deliveries = 0, alone = 0, changes = 0, own = 0;
  std::size_t most = 0;
  std::set<FolderSlot> folders;
  std::map<MailboxIndex, std::chrono::microseconds> last;
  std::vector<std::chrono::microseconds> gaps;
  std::chrono::microseconds now{0};
  while (now < 800s) {
    const Burst burst = *traffic->Next();
    ASSERT_GE(burst.at, now);
    now = burst.at;
    changes += static_cast<double>(burst.changes.size());
    most = std::max(most, burst.changes.size());
    const std::vector<MailboxIndex> mailboxes = Mailboxes(burst);
    ASSERT_EQ(std::set(mailboxes.begin(), mailboxes.end()).size(), mailboxes.size()) << "one recipient twice in a message";
    for (const TrafficChange& change : burst.changes) {
      ASSERT_LT(change.mailbox, 1000u);
      folders.insert(change.folder);
      if (change.origin) {
        ++own;
        ASSERT_LT(*change.origin, 2u);
      }
      if (!IsDelivery(change)) continue;
      ++deliveries;
      if (burst.changes.size() == 1) ++alone;
      if (last.contains(change.mailbox)) gaps.push_back(now - last[change.mailbox]);
      last[change.mailbox] = now;
    }
  }
  EXPECT_NEAR(changes / 800, 100, 4);          // the rate that was asked for
  EXPECT_NEAR(alone / deliveries, 0.5, 0.02);  // half of all deliveries are alone
  EXPECT_GT(most, 40u);
  EXPECT_LE(most, 58u);
  EXPECT_NEAR(deliveries / changes, 0.85, 0.01);
  EXPECT_NEAR(own / changes, 0.15 * 10 / 17, 0.01);
  EXPECT_EQ(folders.size(), kFolders.size());
  // Sparse in a mailbox: 3.5 % of real gaps are at most 0.6 % of the median gap.
  std::ranges::sort(gaps);
  const auto median = gaps[gaps.size() / 2];
  const auto quick = std::ranges::count_if(gaps, [&](auto gap) { return gap <= median * 6 / 1000; });
  EXPECT_LT(static_cast<double>(quick) / static_cast<double>(gaps.size()), 0.05);
}

TEST(FleetModelTraffic, TheSameSeedGivesTheSameTrafficAndAnotherAnother) {
  const auto draw = [](std::uint64_t seed) {
    auto traffic = NewModelTraffic({.rate = 10, .mailboxes = 50, .seed = seed});
    std::vector<std::pair<std::int64_t, std::vector<MailboxIndex>>> drawn;
    for (int i = 0; i < 100; ++i) {
      const Burst burst = *traffic->Next();
      drawn.emplace_back(burst.at.count(), Mailboxes(burst));
    }
    return drawn;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(FleetModelTraffic, OneMailboxIsEnough) {
  auto traffic = NewModelTraffic({.rate = 10, .mailboxes = 1, .seed = 1});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(traffic->Next()->changes.size(), 1u);
}

class TraceTest : public testing::Test {
 protected:
  TraceTest() { std::filesystem::create_directories(dir_); }
  ~TraceTest() override { std::filesystem::remove_all(dir_); }

  std::string Plain(const std::string& text) {
    std::ofstream(dir_ / "trace.tsv") << text;
    return dir_ / "trace.tsv";
  }
  std::string Gzipped(const std::string& text) {
    const std::string path = dir_ / "trace.tsv.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path;
  }

  const std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("fleet_trace_" + std::to_string(getpid()));
};

constexpr const char* kTrace =
    "100\t7\t1\t0\n"
    "100\t8\t1\t0\n"
    "100\t7\t1\t0\n"  // repeated
    "100\t9\t2\t1\n"
    "160\t8\t1\t2\n";

TEST_F(TraceTest, AMessageIsOneBurstAndEachRecipientAMailbox) {
  for (const std::string& file : {Plain(kTrace), Gzipped(kTrace)}) {
    auto trace = OpenTraceTraffic({.file = file, .speed = 60, .from = 100, .mailboxes = 10});
    ASSERT_TRUE(trace.ok()) << trace.status();
    const Burst first = *(*trace)->Next();
    EXPECT_EQ(first.at, 0us);
    EXPECT_THAT(Mailboxes(first), ElementsAre(0, 1));
    EXPECT_THAT(Mailboxes(*(*trace)->Next()), ElementsAre(2));
    const Burst last = *(*trace)->Next();
    EXPECT_EQ(last.at, 1s);
    EXPECT_THAT(Mailboxes(last), ElementsAre(1));
    EXPECT_FALSE((*trace)->Next());
    EXPECT_TRUE((*trace)->error().ok());
  }
}

TEST_F(TraceTest, MoreRecipientsThanMailboxesShare) {
  auto trace = OpenTraceTraffic({.file = Plain(kTrace), .from = 100, .mailboxes = 2});
  (*trace)->Next();
  EXPECT_THAT(Mailboxes(*(*trace)->Next()), ElementsAre(0));
}

TEST_F(TraceTest, LeavesOutWhatCameBefore) {
  auto trace = OpenTraceTraffic({.file = Plain(kTrace), .from = 101, .mailboxes = 2});
  const Burst only = *(*trace)->Next();
  EXPECT_EQ(only.at, 59s);
  EXPECT_FALSE((*trace)->Next());
}

TEST_F(TraceTest, SaysWhichLineIsDamaged) {
  auto trace = OpenTraceTraffic({.file = Plain("1\t1\t1\t1\n2\tx\t1\t2\n"), .mailboxes = 2});
  EXPECT_TRUE((*trace)->Next());
  EXPECT_FALSE((*trace)->Next());
  EXPECT_THAT((*trace)->error().message(), HasSubstr("line 2: want four numbers"));
  auto backwards = OpenTraceTraffic({.file = Plain("5\t1\t1\t1\n4\t1\t1\t2\n"), .mailboxes = 2});
  (*backwards)->Next();
  EXPECT_FALSE((*backwards)->Next());
  EXPECT_THAT((*backwards)->error().message(), HasSubstr("line 2: goes back in time"));
  EXPECT_FALSE(OpenTraceTraffic({.file = "/nonexistent", .mailboxes = 1}).ok());
}

TEST_F(TraceTest, SaysWhenAGzipIsCutOff) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + "\t" + std::to_string(i * 7919 % 1000) + "\t1\t" + std::to_string(i) + "\n";
  const std::string file = Gzipped(text);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  auto trace = OpenTraceTraffic({.file = file, .mailboxes = 2});
  while ((*trace)->Next()) {
  }
  EXPECT_FALSE((*trace)->error().ok());
}

// The archives themselves are not part of this tree; where somebody has them, they are read whole.
TEST(FleetTrace, ReadsTheRealArchivesWhereThereAre) {
  const char* dir = std::getenv("MAILWAKE_TRACES");
  if (dir == nullptr) GTEST_SKIP() << "MAILWAKE_TRACES is not set";
  auto trace = OpenTraceTraffic({.file = std::string(dir) + "/eu-core.events.tsv.gz", .mailboxes = 965});
  ASSERT_TRUE(trace.ok()) << trace.status();
  std::size_t deliveries = 0;
  while (const auto burst = (*trace)->Next()) deliveries += burst->changes.size();
  EXPECT_TRUE((*trace)->error().ok()) << (*trace)->error();
  EXPECT_EQ(deliveries, 332'334u - 4'998u);
}

}  // namespace
}  // namespace mailwake::fleet
