// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/owner_lock.h"

#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace mailwake {
namespace {

// The process that the lock file names, in words; the owner may be between taking the lock and writing its number.
std::string Owner(int file) {
  std::array<char, 32> text{};
  const ssize_t size = pread(file, text.data(), text.size(), 0);
  std::string number;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) number.push_back(text[i]);
  return number.empty() ? "another mailwake" : absl::StrCat("another mailwake (pid ", number, ")");
}

}  // namespace

absl::StatusOr<OwnerLock> OwnerLock::Take(const std::string& path) {
  const std::string name = path + ".lock";
  const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", name, ": the directory must be writable for this user"));
  OwnerLock lock(file);
  if (absl::Status locked = lock.Lock(path); !locked.ok()) return locked;
  return lock;
}

absl::StatusOr<OwnerLock> OwnerLock::Adopt(const std::string& path, int file) {
  OwnerLock lock(file);
  const std::string name = path + ".lock";
  struct stat ours {};
  struct stat there {};
  if (fstat(file, &ours) != 0 || stat(name.c_str(), &there) != 0 || ours.st_ino != there.st_ino || ours.st_dev != there.st_dev)
    return absl::FailedPreconditionError(absl::StrCat(name, " is not the file that the server before has locked"));
  if (absl::Status locked = lock.Lock(path); !locked.ok()) return locked;
  return lock;
}

// Whoever has a copy of the descriptor that has the lock has it.
absl::Status OwnerLock::Lock(const std::string& path) {
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return absl::ErrnoToStatus(errno, absl::StrCat("cannot lock ", path, ".lock"));
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by ", Owner(file_), ": a store has one server at a time; stop that one, or choose another file"));
  }
  const std::string number = absl::StrCat(getpid(), "\n");
  if (ftruncate(file_, 0) != 0 || pwrite(file_, number.data(), number.size(), 0) < 0)
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path, ".lock"));
  return absl::OkStatus();
}

int OwnerLock::Share() const { return fcntl(file_, F_DUPFD_CLOEXEC, 0); }

OwnerLock::~OwnerLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace mailwake
