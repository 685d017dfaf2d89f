// SPDX-License-Identifier: Apache-2.0
//
// Verdicts on explanations: may a PING wait for that?

#include <algorithm>
#include <string>

#include "tests/sim/model.h"

namespace mailwake::sim {

std::string Model::WhyNotWaiting(const Ping& ping, Waits waits) const {
  const PingSpec& spec = ping.spec;
  const Device& device = boxes_[Index(spec.mailbox)].devices[Index(spec.device)];
  if (!ping.folders_known) return {};
  const auto any = [&](auto matches) { return std::ranges::any_of(*spec.folders, matches); };
  switch (waits) {
    case Waits::kForMailbox:
      return ping.unread ? "" : "P8: said to wait for its mailbox, which is in memory";
    case Waits::kForChanges:
      if (any([&](const FolderRef& ref) {
            return Fits(ping, ref) && !ping.maybe_misfit && SurelyBehind(spec.mailbox, spec.device, ref.folder);
          }))
        return "P8: said to wait for changes, and there are";
      return MustHierarchy(ping) ? "P8: said to wait for changes, before " + WhyHierarchy(ping) : "";
    case Waits::kForWindow:
      if (OtherHangs(spec) || any([&](const FolderRef& ref) {
            const auto index = static_cast<std::size_t>(ref.item_class);
            const auto& woken = device.woken_perhaps[index];
            return profile_.coalesce_ms[index] > 0 && woken && AtLeast(*woken, now) <= profile_.coalesce_ms[index] &&
                   MaybeBehind(spec.mailbox, spec.device, ref.folder);
          })) {
        return {};
      }
      return "P8: said to wait for a window, and none is open for what has changed";
    case Waits::kPaced:
      if (OtherHangs(spec) || device.repeats >= kFreeRepeats) return {};
      return "P8: said to be paced, and it was not told often";
  }
  return {};
}

bool Model::SurelyUnchanged(int mailbox, int folder, Seq since) const {
  const Mailbox& box = boxes_[Index(mailbox)];
  const Folder* facts = FindFolder(mailbox, folder);
  if (facts == nullptr || facts->any_class || box.lists_pending > 0 || box.list_high > since || suspect_all_ > 0) return false;
  return facts->suspect <= since && std::ranges::all_of(facts->marks, [&](const Mark& mark) { return mark.maybe <= since; });
}

}  // namespace mailwake::sim
