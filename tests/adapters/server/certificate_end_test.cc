// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/server/certificate.h"

namespace mailwake::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kDay = 24 * 60 * 60;
constexpr std::int64_t kEnd = 1'800'000'000;  // 2027-01-15 08:00:00 UTC

TEST(CertificateEndTest, IsToldTwoWeeksBeforeAndNotEarlier) {
  EXPECT_EQ(EndWarning(kEnd, kEnd - 14 * kDay - 1), "");
  EXPECT_THAT(EndWarning(kEnd, kEnd - 14 * kDay), HasSubstr("it ends on 2027-01-15 08:00:00 UTC: renew it, then send SIGHUP"));
  EXPECT_THAT(EndWarning(kEnd, kEnd - 1), Not(HasSubstr("refuse")));
  EXPECT_THAT(EndWarning(kEnd, kEnd), HasSubstr("it ended on 2027-01-15 08:00:00 UTC, and devices refuse it: renew it"));
  EXPECT_EQ(EndWarning(0, kEnd), "") << "there is none";
}

}  // namespace
}  // namespace mailwake::server
