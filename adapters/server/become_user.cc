// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/become_user.h"

#include <absl/strings/str_cat.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>

namespace mailwake::server {

absl::Status BecomeUser(const std::string& name) {
  const passwd* const found = ::getpwnam(name.c_str());
  if (found == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("user is \"", name, "\": there is no such user; make one with: useradd --system --shell /usr/sbin/nologin ", name));
  }
  const uid_t user = found->pw_uid;
  const gid_t group = found->pw_gid;
  if (::geteuid() == user && ::getuid() == user) return absl::OkStatus();
  if (::geteuid() != 0) {
    return absl::InvalidArgumentError(absl::StrCat("user is \"", name, "\": only root can become another user; start as root or as ",
                                                   name, ", or leave the setting out"));
  }
  // The groups first: afterwards nobody may. setres: the saved ones go too, so that there is no way back (setresuid(2)).
  if (::initgroups(name.c_str(), group) != 0 || ::setresgid(group, group, group) != 0 || ::setresuid(user, user, user) != 0)
    return absl::InternalError(absl::StrCat("cannot become ", name, ": ", absl::ErrnoToStatus(errno, "").ToString()));
  if (user != 0 && ::setuid(0) == 0) return absl::InternalError(absl::StrCat("still root after becoming ", name));
  return absl::OkStatus();
}

}  // namespace mailwake::server
