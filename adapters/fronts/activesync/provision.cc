// SPDX-License-Identifier: Apache-2.0
//
// Provision: a policy that asks for nothing, in the two phases that clients insist on (MS-ASPROV). First the policy under a temporary key,
// then, when the device acknowledges it, the key that it keeps.
#include <absl/strings/str_cat.h>

#include <random>
#include <utility>

#include "adapters/fronts/activesync/commands.h"
#include "adapters/fronts/activesync/state_turn.h"
#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {
namespace {

namespace tag = wbxml::provision;

constexpr std::string_view kWbxmlPolicy = "MS-EAS-Provisioning-WBXML";  // 12.0 and later
constexpr std::string_view kXmlPolicy = "MS-WAP-Provisioning-XML";      // 2.5
// 4131 = 1: no password is asked for.
constexpr std::string_view kXmlDocument =
    "<wap-provisioningdoc><characteristic type=\"SecurityPolicy\"><parm name=\"4131\" value=\"1\"/></characteristic></wap-provisioningdoc>";

constexpr int kOk = 1, kProtocolError = 2;                     // of the command
constexpr int kUnknownPolicyType = 3, kPolicyKeyMismatch = 5;  // of the policy

struct Request {
  bool device_information = false;
  bool policy = false;
  std::string type;
  std::string key;           // empty: the first phase
  bool remote_wipe = false;  // the device says how a wipe went; none is ever asked for
};

absl::StatusOr<Request> Read(Call& call) {
  absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(std::move(call.http.body), call.limits());
  if (!document.ok()) return document.status();
  const wbxml::Element root = document->root();
  if (root.tag() != tag::kProvision) return absl::InvalidArgumentError("not a Provision");
  Request out;
  out.device_information = root.Has(wbxml::settings::kDeviceInformation);
  out.remote_wipe = root.Has(tag::kRemoteWipe);
  if (const wbxml::Element policy = root.Child(tag::kPolicies).Child(tag::kPolicy)) {
    out.policy = true;
    out.type = policy.Child(tag::kPolicyType).text();
    out.key = policy.Child(tag::kPolicyKey).text();
  }
  return out;
}

// Any number but 0, of 31 bits: both query forms can carry it.
std::string NewKey() {
  static thread_local std::mt19937 random{std::random_device{}()};
  return absl::StrCat(std::uniform_int_distribution<std::uint32_t>(1, 0x7FFFFFFF)(random));
}

void WritePolicy(wbxml::Writer& out, const Request& request, int status, const std::string& key) {
  out.Start(tag::kPolicies);
  out.Start(tag::kPolicy);
  out.Text(tag::kPolicyType, request.type);
  out.Text(tag::kStatus, status);
  if (!key.empty()) out.Text(tag::kPolicyKey, key);
  if (status == kOk && request.key.empty()) {
    if (EqualsIgnoreCase(request.type, kXmlPolicy)) {
      out.Text(tag::kData, kXmlDocument);
    } else {
      out.Start(tag::kData);
      out.Start(tag::kEasProvisionDoc);
      out.Text(tag::kDevicePasswordEnabled, 0);
      out.End();
      out.End();
    }
  }
  out.End();
  out.End();
}

std::string Write(const Request& request, int policy_status, const std::string& key) {
  wbxml::Writer out;
  out.Start(tag::kProvision);
  if (request.device_information) {
    out.Start(wbxml::settings::kDeviceInformation);
    out.Text(wbxml::settings::kStatus, kOk);
    out.End();
  }
  out.Text(tag::kStatus, kOk);
  if (request.policy) WritePolicy(out, request, policy_status, key);
  out.End();
  return std::move(out).document();
}

std::string StatusAnswer(int status) {
  wbxml::Writer out;
  out.Start(tag::kProvision);
  out.Text(tag::kStatus, status);
  out.End();
  return std::move(out).document();
}

// What the device gets, and what is remembered of it. The offered key stays good, since the answer to an acknowledgement may be lost.
std::string Decide(DeviceState& state, const Request& request) {
  if (!request.policy) return Write(request, kOk, {});
  if (!EqualsIgnoreCase(request.type, kWbxmlPolicy) && !EqualsIgnoreCase(request.type, kXmlPolicy))
    return Write(request, kUnknownPolicyType, {});
  if (request.key.empty()) {
    state.offered_policy_key = NewKey();
    return Write(request, kOk, state.offered_policy_key);
  }
  const bool offered = request.key == state.offered_policy_key;
  const bool kept = request.key == state.policy_key;
  if (!offered && !kept) return Write(request, kPolicyKeyMismatch, {});
  if (offered && state.policy_key.empty()) state.policy_key = NewKey();
  return Write(request, kOk, state.policy_key);
}

}  // namespace

void RunProvision(const CallPtr& call) {
  absl::StatusOr<Request> request = Read(*call);
  if (!request.ok() || (!request->policy && !request->device_information && !request->remote_wipe)) {
    return AnswerFailure(*call, StatusAnswer(kProtocolError));
  }
  StateTurn::Take(call, [call, request = *std::move(request)](const StateTurn::Ptr& turn) {
    std::string answer = Decide(turn->state(), request);
    turn->Save([call, answer = std::move(answer)](const StateTurn::Ptr&) mutable { Answer(*call, std::move(answer)); });
  });
}

}  // namespace mailwake::eas
