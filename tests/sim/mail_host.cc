// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/mail_host.h"

#include <algorithm>

namespace mailwake::sim {

std::vector<FolderRef> MailHost::Mailbox::List() const {
  std::vector<FolderRef> list;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (folders[i].exists) list.push_back({static_cast<int>(i), folders[i].item_class});
  }
  return list;
}

std::uint64_t MailHost::Write(int mailbox, int number, int origin, Time readable_at) {
  Folder& facts = folder(mailbox, number);
  const std::uint64_t content = ++facts.written;
  if (!facts.becoming.empty()) readable_at = std::max(readable_at, facts.becoming.back().second);
  facts.becoming.emplace_back(content, readable_at);
  const auto found = std::ranges::find(facts.latest, origin, &std::pair<int, std::uint64_t>::first);
  if (found == facts.latest.end()) {
    facts.latest.emplace_back(origin, content);
  } else {
    found->second = content;
  }
  return content;
}

MailHost::Given MailHost::Read(int mailbox, int number, std::uint64_t have, std::uint64_t most, Time now) {
  Folder& facts = folder(mailbox, number);
  while (!facts.becoming.empty() && facts.becoming.front().second <= now) {
    facts.readable = facts.becoming.front().first;
    facts.becoming.pop_front();
  }
  const std::uint64_t content = std::max(have, std::min(facts.readable, have + most));
  return {content, content < facts.readable};
}

std::uint64_t MailHost::LatestFor(int mailbox, int number, int device) const {
  std::uint64_t latest = 0;
  for (const auto& [origin, content] : this->mailbox(mailbox).folders[static_cast<std::size_t>(number)].latest) {
    if (origin != device || origin == kNobody) latest = std::max(latest, content);
  }
  return latest;
}

}  // namespace mailwake::sim
