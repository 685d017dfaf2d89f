// SPDX-License-Identifier: Apache-2.0
//
// The ActiveSync tags that mailwake reads or writes (MS-ASWBXML 2.1.2.1), as page << 8 | token.

#ifndef MAILWAKE_ADAPTERS_WBXML_TAGS_H_
#define MAILWAKE_ADAPTERS_WBXML_TAGS_H_

#include <cstdint>

namespace mailwake::wbxml {

using Tag = std::uint16_t;

constexpr Tag MakeTag(unsigned page, unsigned token) { return static_cast<Tag>(page << 8 | token); }
constexpr std::uint8_t Page(Tag tag) { return static_cast<std::uint8_t>(tag >> 8); }
constexpr std::uint8_t Token(Tag tag) { return static_cast<std::uint8_t>(tag & 0xFF); }

inline constexpr unsigned kLastPage = 25;  // Find, 16.1

namespace airsync {
inline constexpr Tag kSync = MakeTag(0, 0x05);
inline constexpr Tag kResponses = MakeTag(0, 0x06);
inline constexpr Tag kAdd = MakeTag(0, 0x07);
inline constexpr Tag kChange = MakeTag(0, 0x08);
inline constexpr Tag kDelete = MakeTag(0, 0x09);
inline constexpr Tag kFetch = MakeTag(0, 0x0A);
inline constexpr Tag kSyncKey = MakeTag(0, 0x0B);
inline constexpr Tag kClientId = MakeTag(0, 0x0C);
inline constexpr Tag kServerId = MakeTag(0, 0x0D);
inline constexpr Tag kStatus = MakeTag(0, 0x0E);
inline constexpr Tag kCollection = MakeTag(0, 0x0F);
inline constexpr Tag kClass = MakeTag(0, 0x10);
inline constexpr Tag kCollectionId = MakeTag(0, 0x12);
inline constexpr Tag kGetChanges = MakeTag(0, 0x13);
inline constexpr Tag kMoreAvailable = MakeTag(0, 0x14);
inline constexpr Tag kWindowSize = MakeTag(0, 0x15);
inline constexpr Tag kCommands = MakeTag(0, 0x16);
inline constexpr Tag kOptions = MakeTag(0, 0x17);
inline constexpr Tag kFilterType = MakeTag(0, 0x18);
inline constexpr Tag kConflict = MakeTag(0, 0x1B);
inline constexpr Tag kCollections = MakeTag(0, 0x1C);
inline constexpr Tag kApplicationData = MakeTag(0, 0x1D);
inline constexpr Tag kDeletesAsMoves = MakeTag(0, 0x1E);
inline constexpr Tag kSupported = MakeTag(0, 0x20);
inline constexpr Tag kMimeSupport = MakeTag(0, 0x22);
inline constexpr Tag kWait = MakeTag(0, 0x24);
inline constexpr Tag kLimit = MakeTag(0, 0x25);
inline constexpr Tag kPartial = MakeTag(0, 0x26);
inline constexpr Tag kHeartbeatInterval = MakeTag(0, 0x29);
}  // namespace airsync

namespace folder_hierarchy {
inline constexpr Tag kDisplayName = MakeTag(7, 0x07);
inline constexpr Tag kServerId = MakeTag(7, 0x08);
inline constexpr Tag kParentId = MakeTag(7, 0x09);
inline constexpr Tag kType = MakeTag(7, 0x0A);
inline constexpr Tag kStatus = MakeTag(7, 0x0C);
inline constexpr Tag kChanges = MakeTag(7, 0x0E);
inline constexpr Tag kAdd = MakeTag(7, 0x0F);
inline constexpr Tag kDelete = MakeTag(7, 0x10);
inline constexpr Tag kUpdate = MakeTag(7, 0x11);
inline constexpr Tag kSyncKey = MakeTag(7, 0x12);
inline constexpr Tag kFolderSync = MakeTag(7, 0x16);
inline constexpr Tag kCount = MakeTag(7, 0x17);
}  // namespace folder_hierarchy

namespace ping {
inline constexpr Tag kPing = MakeTag(13, 0x05);
inline constexpr Tag kStatus = MakeTag(13, 0x07);
inline constexpr Tag kHeartbeatInterval = MakeTag(13, 0x08);
inline constexpr Tag kFolders = MakeTag(13, 0x09);
inline constexpr Tag kFolder = MakeTag(13, 0x0A);
inline constexpr Tag kId = MakeTag(13, 0x0B);
inline constexpr Tag kClass = MakeTag(13, 0x0C);
inline constexpr Tag kMaxFolders = MakeTag(13, 0x0D);
}  // namespace ping

namespace provision {
inline constexpr Tag kProvision = MakeTag(14, 0x05);
inline constexpr Tag kPolicies = MakeTag(14, 0x06);
inline constexpr Tag kPolicy = MakeTag(14, 0x07);
inline constexpr Tag kPolicyType = MakeTag(14, 0x08);
inline constexpr Tag kPolicyKey = MakeTag(14, 0x09);
inline constexpr Tag kData = MakeTag(14, 0x0A);
inline constexpr Tag kStatus = MakeTag(14, 0x0B);
inline constexpr Tag kRemoteWipe = MakeTag(14, 0x0C);
inline constexpr Tag kEasProvisionDoc = MakeTag(14, 0x0D);
inline constexpr Tag kDevicePasswordEnabled = MakeTag(14, 0x0E);
}  // namespace provision

namespace settings {
inline constexpr Tag kSettings = MakeTag(18, 0x05);
inline constexpr Tag kStatus = MakeTag(18, 0x06);
inline constexpr Tag kGet = MakeTag(18, 0x07);
inline constexpr Tag kSet = MakeTag(18, 0x08);
inline constexpr Tag kOof = MakeTag(18, 0x09);
inline constexpr Tag kOofState = MakeTag(18, 0x0A);
inline constexpr Tag kDevicePassword = MakeTag(18, 0x14);
inline constexpr Tag kDeviceInformation = MakeTag(18, 0x16);
inline constexpr Tag kModel = MakeTag(18, 0x17);
inline constexpr Tag kFriendlyName = MakeTag(18, 0x19);
inline constexpr Tag kOs = MakeTag(18, 0x1A);
inline constexpr Tag kUserInformation = MakeTag(18, 0x1D);
inline constexpr Tag kEmailAddresses = MakeTag(18, 0x1E);
inline constexpr Tag kSmtpAddress = MakeTag(18, 0x1F);
inline constexpr Tag kUserAgent = MakeTag(18, 0x20);
inline constexpr Tag kPrimarySmtpAddress = MakeTag(18, 0x23);
inline constexpr Tag kAccounts = MakeTag(18, 0x24);
inline constexpr Tag kAccount = MakeTag(18, 0x25);
inline constexpr Tag kRightsManagementInformation = MakeTag(18, 0x2B);
}  // namespace settings

}  // namespace mailwake::wbxml

#endif  // MAILWAKE_ADAPTERS_WBXML_TAGS_H_
