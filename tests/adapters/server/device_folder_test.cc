// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include "adapters/server/device.h"

namespace mailwake::server {
namespace {

TEST(DeviceFolderTest, TheClassFollowsTheLastColon) {
  EXPECT_EQ(ParseDeviceFolder("inbox")->id, "inbox");
  EXPECT_EQ(ParseDeviceFolder("inbox")->item_class, ItemClass::kEmail);
  EXPECT_EQ(ParseDeviceFolder("cal:calendar")->id, "cal");
  EXPECT_EQ(ParseDeviceFolder("cal:calendar")->item_class, ItemClass::kCalendar);
  EXPECT_EQ(ParseDeviceFolder("a:b:notes")->id, "a:b");
}

TEST(DeviceFolderTest, AWrongClassOrIdIsRefused) {
  for (const std::string& text :
       {std::string("cal:cal"), std::string("cal:"), std::string(":email"), std::string(), std::string(65, 'x')}) {
    EXPECT_FALSE(ParseDeviceFolder(text).ok()) << text;
  }
}

}  // namespace
}  // namespace mailwake::server
