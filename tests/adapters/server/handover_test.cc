// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/handover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

namespace mailwake::server {
namespace {

using Protocol = boost::asio::local::stream_protocol;

// One that got the place and hangs is no better than one that ended, though it takes longer to know.
TEST(HandoverTest, ANextServerThatHangsCountsAsFailed) {
  std::string directory = testing::TempDir() + "mailwake.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  boost::asio::io_context main;
  std::optional<bool> followed;
  std::optional<Handover> handover;
  handover.emplace(
      main, directory + "/m.db",
      [&](const Handover::Next& next) {
        EXPECT_TRUE(Handover::StillWaits(next));
        handover->Close();
        handover->Give(next, STDIN_FILENO, STDIN_FILENO, [&](bool serves) { followed = serves; });
      },
      HandoverPatience{.warn = {}, .fail = {}});
  Protocol::socket hangs(main);
  hangs.connect(Protocol::endpoint(directory + "/m.db.upgrade"));
  testing::internal::CaptureStderr();
  main.run();
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(testing::HasSubstr("(pid " + std::to_string(::getpid()) + ") does not serve yet"),
                             testing::HasSubstr("it counts as failed")));
  EXPECT_EQ(followed, false);
  ::rmdir(directory.c_str());
}

}  // namespace
}  // namespace mailwake::server
