// SPDX-License-Identifier: Apache-2.0
//
// Provision and Settings: what clients insist on before they go on.
#include <gtest/gtest.h>

#include "tests/adapters/activesync/bodies.h"

namespace mailwake::test {
namespace {

namespace prov = wbxml::provision;
namespace sett = wbxml::settings;
constexpr const char* kPolicy = "MS-EAS-Provisioning-WBXML";

// An empty key is the first phase.
std::string ProvisionBody(const std::string& key, const std::string& type = kPolicy, bool device_information = false) {
  wbxml::Writer out;
  out.Start(prov::kProvision);
  if (device_information) {
    out.Start(sett::kDeviceInformation);
    out.Start(sett::kSet);
    out.Text(sett::kModel, "iPhone14,2");
    out.End();
    out.End();
  }
  if (!type.empty()) {
    out.Start(prov::kPolicies);
    out.Start(prov::kPolicy);
    out.Text(prov::kPolicyType, type);
    if (!key.empty()) {
      out.Text(prov::kPolicyKey, key);
      out.Text(prov::kStatus, "1");
    }
    out.End();
    out.End();
  }
  out.End();
  return std::move(out).document();
}

std::string PolicyKeyOf(const ExchangePtr& exchange) {
  const auto document = wbxml::Document::Parse(exchange->response().body).value();
  return std::string(document.root().Child(prov::kPolicies).Child(prov::kPolicy).Child(prov::kPolicyKey).text());
}

std::string PolicyAnswer(const std::string& rest) {
  return std::string("Provision(Status=1 Policies(Policy(PolicyType=") + kPolicy + " " + rest + ")))";
}

TEST(ActiveSyncProvision, TakesTwoPhasesWithAKeyInEach) {
  FrontWorld world;
  const ExchangePtr offer = world.Post("Provision", ProvisionBody(""));
  const std::string temporary = PolicyKeyOf(offer);
  EXPECT_EQ(Tree(offer), PolicyAnswer("Status=1 PolicyKey=" + temporary + " Data(EASProvisionDoc(DevicePasswordEnabled=0))"));
  const ExchangePtr acknowledged = world.Post("Provision", ProvisionBody(temporary));
  const std::string kept = PolicyKeyOf(acknowledged);
  EXPECT_EQ(Tree(acknowledged), PolicyAnswer("Status=1 PolicyKey=" + kept));
  EXPECT_NE(temporary, kept);
  EXPECT_GT(std::stoll(kept), 0);
}

TEST(ActiveSyncProvision, AnAcknowledgementWhoseAnswerWasLostIsAnsweredAgainAlsoAfterARestart) {
  FrontWorld world;
  const std::string temporary = PolicyKeyOf(world.Post("Provision", ProvisionBody("")));
  const std::string kept = PolicyKeyOf(world.Post("Provision", ProvisionBody(temporary)));
  world.Restart();
  EXPECT_EQ(PolicyKeyOf(world.Post("Provision", ProvisionBody(temporary))), kept);
  EXPECT_EQ(PolicyKeyOf(world.Post("Provision", ProvisionBody(kept))), kept);
}

TEST(ActiveSyncProvision, AWrongKeyIsPolicyStatus5) {
  FrontWorld world;
  world.Post("Provision", ProvisionBody(""));
  EXPECT_EQ(Tree(world.Post("Provision", ProvisionBody("12345"))), PolicyAnswer("Status=5"));
}

TEST(ActiveSyncProvision, DeviceInformationIsAcknowledgedWithinIt) {
  FrontWorld world;
  const ExchangePtr offer = world.Post("Provision", ProvisionBody("", kPolicy, true));
  EXPECT_TRUE(Tree(offer).starts_with("Provision(DeviceInformation(Status=1) Status=1 Policies(Policy(")) << Tree(offer);
  EXPECT_EQ(Tree(world.Post("Provision", ProvisionBody("", "", true))), "Provision(DeviceInformation(Status=1) Status=1)");
}

TEST(ActiveSyncProvision, ThePolicyOf25IsXmlThatAsksForNothing) {
  FrontWorld world;
  world.protocol = "2.5";
  const ExchangePtr offer = world.Post("Provision", ProvisionBody("", "MS-WAP-Provisioning-XML"));
  EXPECT_NE(Tree(offer).find("PolicyType=MS-WAP-Provisioning-XML Status=1 PolicyKey="), std::string::npos) << Tree(offer);
  EXPECT_NE(Tree(offer).find("Data=<wap-provisioningdoc>"), std::string::npos);
  const ExchangePtr kept = world.Post("Provision", ProvisionBody(PolicyKeyOf(offer), "MS-WAP-Provisioning-XML"));
  EXPECT_NE(PolicyKeyOf(kept), "");
}

TEST(ActiveSyncProvision, AnUnknownPolicyTypeIsPolicyStatus3AndNonsenseStatus2) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Provision", ProvisionBody("", "Other"))), "Provision(Status=1 Policies(Policy(PolicyType=Other Status=3)))");
  for (const std::string& body : {std::string(), std::string("hello"), FolderSyncBody("0"), ProvisionBody("", "")}) {
    EXPECT_EQ(Tree(world.Post("Provision", body)), "Provision(Status=2)");
  }
}

TEST(ActiveSyncProvision, NothingElseNeedsAPolicyKey) {
  FrontWorld world;
  EXPECT_EQ(world.Post("FolderSync", FolderSyncBody("0"))->status(), 200);
  EXPECT_EQ(Tree(world.Post("Ping", PingBody("470", {{"5", "Email"}}))), "nothing");
}

// Settings with one part that says Get or Set.
std::string SettingsBody(const std::vector<std::pair<wbxml::Tag, wbxml::Tag>>& parts) {
  wbxml::Writer out;
  out.Start(sett::kSettings);
  for (const auto& [part, verb] : parts) {
    out.Start(part);
    out.Empty(verb);
    out.End();
  }
  out.End();
  return std::move(out).document();
}

TEST(ActiveSyncSettings, AcknowledgesDeviceInformation) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Settings", SettingsBody({{sett::kDeviceInformation, sett::kSet}}))),
            "Settings(Status=1 DeviceInformation(Status=1))");
}

TEST(ActiveSyncSettings, TellsTheAddressAsTheVersionHasIt) {
  FrontWorld world;
  const std::string body = SettingsBody({{sett::kUserInformation, sett::kGet}});
  EXPECT_EQ(Tree(world.Post("Settings", body)),
            "Settings(Status=1 UserInformation(Status=1 Get(Accounts(Account(EmailAddresses(SmtpAddress=ann@example.org "
            "PrimarySmtpAddress=ann@example.org))))))");
  world.protocol = "12.1";
  EXPECT_EQ(Tree(world.Post("Settings", body)),
            "Settings(Status=1 UserInformation(Status=1 Get(EmailAddresses(SmtpAddress=ann@example.org))))");
}

TEST(ActiveSyncSettings, OutOfOfficeIsOffAndCannotBeSetAndWhatIsNotOnOfferHasItsStatus) {
  FrontWorld world;
  EXPECT_EQ(Tree(world.Post("Settings", SettingsBody({{sett::kOof, sett::kGet}}))), "Settings(Status=1 Oof(Status=1 Get(OofState=0)))");
  EXPECT_EQ(
      Tree(world.Post(
          "Settings",
          SettingsBody({{sett::kOof, sett::kSet}, {sett::kDevicePassword, sett::kSet}, {sett::kRightsManagementInformation, sett::kGet}}))),
      "Settings(Status=1 Oof(Status=3) DevicePassword(Status=7) RightsManagement(Status=168))");
}

TEST(ActiveSyncSettings, NonsenseIsStatus2) {
  FrontWorld world;
  for (const std::string& body : {std::string(), std::string("hello"), FolderSyncBody("0"), SettingsBody({})}) {
    EXPECT_EQ(Tree(world.Post("Settings", body)), "Settings(Status=2)");
  }
}

}  // namespace
}  // namespace mailwake::test
