// SPDX-License-Identifier: Apache-2.0
//
// Settings: what clients ask before they go on. Each part of the request gets its part of the answer, also the parts that are not on offer.
#include <utility>

#include "adapters/fronts/activesync/commands.h"

namespace mailwake::eas {
namespace {

namespace tag = wbxml::settings;

constexpr int kOk = 1, kProtocolError = 2, kAccessDenied = 3, kDeniedByPolicy = 7, kRightsManagementOff = 168;

void WriteStatus(wbxml::Writer& out, wbxml::Tag part, int status) {
  out.Start(part);
  out.Text(tag::kStatus, status);
  out.End();
}

// Out-of-office is a mail server's business: it reads as off and cannot be set.
void WriteOof(wbxml::Writer& out, const wbxml::Element& request) {
  if (!request.Has(tag::kGet)) return WriteStatus(out, tag::kOof, kAccessDenied);
  out.Start(tag::kOof);
  out.Text(tag::kStatus, kOk);
  out.Start(tag::kGet);
  out.Text(tag::kOofState, 0);
  out.End();
  out.End();
}

void WriteAddresses(wbxml::Writer& out, const Call& call, bool primary) {
  out.Start(tag::kEmailAddresses);
  if (call.mailbox.find('@') != std::string::npos) {
    out.Text(tag::kSmtpAddress, call.mailbox);
    if (primary) out.Text(tag::kPrimarySmtpAddress, call.mailbox);
  }
  out.End();
}

// 14.1 moved the addresses into accounts.
void WriteUserInformation(wbxml::Writer& out, const Call& call) {
  const bool accounts = call.version == 0 || call.version >= 141;
  out.Start(tag::kUserInformation);
  out.Text(tag::kStatus, kOk);
  out.Start(tag::kGet);
  if (accounts) {
    out.Start(tag::kAccounts);
    out.Start(tag::kAccount);
  }
  WriteAddresses(out, call, accounts);
  if (accounts) {
    out.End();
    out.End();
  }
  out.End();
  out.End();
}

void WritePart(wbxml::Writer& out, const Call& call, const wbxml::Element& part) {
  switch (part.tag()) {
    case tag::kDeviceInformation:
      return WriteStatus(out, part.tag(), kOk);
    case tag::kUserInformation:
      return WriteUserInformation(out, call);
    case tag::kOof:
      return WriteOof(out, part);
    case tag::kDevicePassword:
      return WriteStatus(out, part.tag(), kDeniedByPolicy);
    case tag::kRightsManagementInformation:
      return WriteStatus(out, part.tag(), kRightsManagementOff);
    default:
      return;  // an answer has no element for what nobody knows
  }
}

}  // namespace

void RunSettings(const CallPtr& call) {
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(std::move(call->http.body), call->limits());
  const bool good = document.ok() && document->root().tag() == tag::kSettings && document->root().HasChildren();
  wbxml::Writer out;
  out.Start(tag::kSettings);
  out.Text(tag::kStatus, good ? kOk : kProtocolError);
  if (good) {
    for (const wbxml::Element part : document->root()) WritePart(out, *call, part);
  }
  out.End();
  Answer(*call, std::move(out).document());
}

}  // namespace mailwake::eas
