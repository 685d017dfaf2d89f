// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/key_file.h"

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

namespace mailwake::internal {
namespace {

absl::Status SystemError(const std::string& file, const char* what, int error) {
  const std::string text = absl::StrCat("key file ", file, ": cannot ", what, " it: ", std::strerror(error));
  return error == EACCES || error == EPERM ? absl::PermissionDeniedError(text) : absl::InvalidArgumentError(text);
}

// nullopt: there is none.
absl::StatusOr<std::optional<SecretKey>> Load(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return SystemError(file, "open", errno);
  const auto close = absl::MakeCleanup([fd] { ::close(fd); });
  struct stat info {};
  if (::fstat(fd, &info) != 0) return SystemError(file, "look at", errno);
  if (!S_ISREG(info.st_mode)) return absl::InvalidArgumentError(absl::StrCat("key file ", file, " is not a file"));
  if ((info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(absl::StrCat("key file ", file, " can be read or written by others; run: chmod 600 ", file,
                                                    " (and make a new one if others had it)"));
  }
  SecretKey key;
  const ssize_t got = ::read(fd, key.data(), key.size());
  if (got < 0) return SystemError(file, "read", errno);
  if (static_cast<std::size_t>(got) != key.size() || info.st_size != static_cast<off_t>(key.size())) {
    return absl::DataLossError(absl::StrCat("key file ", file, " has ", info.st_size, " bytes instead of ", key.size(),
                                            "; restore it from a backup: without it no {PLAIN-KEYED} password can be checked"));
  }
  return key;
}

void SyncDirectoryOf(const std::string& file) {
  const std::filesystem::path directory = std::filesystem::path(file).parent_path();
  const int fd = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

// Written beside and then linked, which fails if somebody else was first: nobody ever sees half a key.
absl::Status Make(const std::string& file) {
  SecretKey key;
  randombytes_buf(key.data(), key.size());
  std::string beside = absl::StrCat(file, ".XXXXXX");
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return SystemError(file, "make", errno);
  const bool written = ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(fd) == 0;
  int error = written ? 0 : errno;
  ::close(fd);
  sodium_memzero(key.data(), key.size());
  if (written && ::link(beside.c_str(), file.c_str()) != 0 && errno != EEXIST) error = errno;
  ::unlink(beside.c_str());
  if (error != 0) return SystemError(file, "make", error);
  SyncDirectoryOf(file);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SecretKey> LoadOrMakeKey(const std::string& file) {
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot be initialised");
  absl::StatusOr<std::optional<SecretKey>> key = Load(file);
  if (key.ok() && !key->has_value()) {
    if (absl::Status made = Make(file); !made.ok()) return made;
    key = Load(file);
  }
  if (!key.ok()) return key.status();
  if (!key->has_value()) return SystemError(file, "open", ENOENT);
  return **key;
}

}  // namespace mailwake::internal
