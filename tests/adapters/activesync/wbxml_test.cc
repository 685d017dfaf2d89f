// SPDX-License-Identifier: Apache-2.0
#include "mailwake/adapters/wbxml.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/adapters/activesync/hex.h"

namespace mailwake::wbxml {
namespace {

using test::FromHex;
using test::ToHex;

Document Parsed(std::string_view hex) { return Document::Parse(FromHex(hex)).value(); }
absl::Status Refused(std::string_view hex) { return Document::Parse(FromHex(hex)).status(); }

TEST(WbxmlReader, ReadsAPingRequest) {
  const Document document = Parsed("03016a00 00 0d 45 48 03 34373000 01 49 4a 4b 03 3500 01 4c 03 456d61696c00 01 01 01 01");
  const Element root = document.root();
  EXPECT_EQ(root.tag(), ping::kPing);
  EXPECT_EQ(root.Child(ping::kHeartbeatInterval).text(), "470");
  int folders = 0;
  for (const Element folder : root.Child(ping::kFolders)) {
    ++folders;
    EXPECT_EQ(folder.tag(), ping::kFolder);
    EXPECT_EQ(folder.Child(ping::kId).text(), "5");
    EXPECT_EQ(folder.Child(ping::kClass).text(), "Email");
  }
  EXPECT_EQ(folders, 1);
}

TEST(WbxmlReader, AnswersNothingForWhatIsNotThere) {
  const Document document = Parsed("03016a00 00 0d 05");
  const Element nothing = document.root().Child(ping::kFolders);
  EXPECT_FALSE(nothing);
  EXPECT_EQ(nothing.tag(), 0);
  EXPECT_EQ(nothing.text(), "");
  EXPECT_EQ(nothing.bytes(), "");
  EXPECT_FALSE(nothing.Child(ping::kId));
  for (const Element child : nothing) ADD_FAILURE() << child.tag();
}

TEST(WbxmlReader, TakesAnEmptyTagAndAnEmptyElementForTheSame) {
  for (const char* hex : {"03016a00 45 4b 01 01", "03016a00 45 0b 01"}) {
    const Document document = Parsed(hex);
    EXPECT_TRUE(document.root().Has(airsync::kSyncKey));
    EXPECT_EQ(document.root().Child(airsync::kSyncKey).text(), "");
  }
}

TEST(WbxmlReader, JoinsTextThatComesInPieces) {
  const Document document = Parsed("03016a00 45 4b 03 6100 c3 02 6263 03 6400 01 4d 03 3500 01 01");
  EXPECT_EQ(document.root().Child(airsync::kSyncKey).text(), "abcd");
  EXPECT_EQ(document.root().Child(airsync::kServerId).text(), "5");
}

TEST(WbxmlReader, SkipsOverAStringTable) {
  const Document document = Parsed("03016a03 616263 00 07 16");
  EXPECT_EQ(document.root().tag(), folder_hierarchy::kFolderSync);
}

TEST(WbxmlReader, IgnoresBytesAfterTheRoot) {
  const Document document = Parsed("03016a00 00 0d 05 ff ff");
  EXPECT_EQ(document.root().tag(), ping::kPing);
}

TEST(WbxmlReader, GivesTheBytesOfAnElement) {
  const Document document = Parsed("03016a00 45 56 47 4c 03 3100 01 5d 00 02 54 03 6100 01 01 01 01 01");
  EXPECT_EQ(ToHex(document.root().Child(airsync::kCommands).bytes()), "56474c033100015d00025403610001010101");
}

TEST(WbxmlReader, RefusesWhatActiveSyncDoesNotUse) {
  for (const char* hex : {
           "",                                       // nothing
           "03",                                     // no header
           "04016a00 00 0d 05",                      // a version that does not exist
           "03016b00 00 0d 05",                      // another charset
           "03016aff ffffff0f 00 0d 05",             // a string table longer than the document
           "03016a00",                               // no root
           "03016a00 03 6100",                       // text as root
           "03016a00 00 1a 05",                      // page 26
           "03016a00 c5 01",                         // attributes
           "03016a00 45 02 01 01",                   // ENTITY
           "03016a00 45 04 00 01",                   // LITERAL
           "03016a00 45 83 00 01",                   // STR_T
           "03016a00 45 c2 01",                      // EXT_2
           "03016a00 45 4b c3 ffffffffff 01 01 01",  // a length of more than five bytes
           "03016a00 45 4b c3 9fffffff7f 01 01",     // a length over 32 bits
           "03016a00 11",                            // no command's root
           "03016a00 45 4b 03 61",                   // text without its end
           "03016a00 45 4b 03 6100 01",              // an element without its end
       }) {
    EXPECT_TRUE(absl::IsInvalidArgument(Refused(hex))) << hex << ": " << Refused(hex);
  }
}

TEST(WbxmlReader, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(Refused("03016a00 45 83 00 01").message(), "wbxml: a token that ActiveSync does not use at byte 6");
}

TEST(WbxmlReader, BoundsDepthAndElements) {
  const auto nested = [](std::size_t depth) { return FromHex("03016a00") + std::string(depth, '\x45') + std::string(depth, '\x01'); };
  EXPECT_TRUE(Document::Parse(nested(32)).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Document::Parse(nested(33)).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Document::Parse(nested(200'000)).status()));
  const std::string wide = FromHex("03016a00 45") + std::string(99, '\x05') + "\x01";
  EXPECT_TRUE(Document::Parse(wide, {.elements = 100}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Document::Parse(wide, {.elements = 99}).status()));
}

TEST(WbxmlWriter, WritesTheAnswersOfPing) {
  const auto answer = [](std::int64_t status, std::vector<std::string> folders, std::int64_t heartbeat, std::int64_t most) {
    Writer out;
    out.Start(ping::kPing);
    out.Text(ping::kStatus, status);
    if (!folders.empty()) {
      out.Start(ping::kFolders);
      for (const std::string& folder : folders) out.Text(ping::kFolder, folder);
      out.End();
    }
    if (heartbeat > 0) out.Text(ping::kHeartbeatInterval, heartbeat);
    if (most > 0) out.Text(ping::kMaxFolders, most);
    out.End();
    return ToHex(std::move(out).document());
  };
  EXPECT_EQ(answer(1, {}, 0, 0), "03016a00000d45470331000101");
  EXPECT_EQ(answer(2, {"5"}, 0, 0), "03016a00000d454703320001494a033500010101");
  EXPECT_EQ(answer(5, {}, 3540, 0), "03016a00000d454703350001480333353430000101");
  EXPECT_EQ(answer(6, {}, 0, 300), "03016a00000d4547033600014d03333030000101");
}

TEST(WbxmlWriter, SwitchesPagesOnlyWhenTheyChange) {
  Writer out;
  out.Start(provision::kProvision);
  out.Empty(settings::kDeviceInformation);
  out.Text(provision::kStatus, "1");
  out.Text(provision::kStatus, "");
  out.End();
  EXPECT_EQ(ToHex(std::move(out).document()),
            "03016a00000e450012160"
            "00e4b03310001"
            "0b01");
}

TEST(WbxmlWriter, PutsTokensInAndOpaqueBytes) {
  Writer tokens(Writer::Form::kTokens);
  tokens.Opaque(airsync::kApplicationData, std::string(200, 'x'));
  const std::string bytes = std::move(tokens).document();
  EXPECT_EQ(ToHex(bytes.substr(0, 4)), "5dc38148");
  Writer out;
  out.Start(airsync::kSync);
  out.Raw(bytes);
  out.End();
  const std::string whole = std::move(out).document();
  const Document document = Document::Parse(whole).value();
  EXPECT_EQ(document.root().Child(airsync::kApplicationData).text(), std::string(200, 'x'));
}

TEST(WbxmlWriter, EndsTextAtANul) {
  Writer out;
  out.Start(airsync::kSync);
  out.Text(airsync::kSyncKey, std::string_view("a\0b", 3));
  out.End();
  EXPECT_EQ(ToHex(std::move(out).document()),
            "03016a00454b036100"
            "0101");
}

}  // namespace
}  // namespace mailwake::wbxml
