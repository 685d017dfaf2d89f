// SPDX-License-Identifier: Apache-2.0

#include "adapters/stores/sqlite/store_file.h"

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "adapters/stores/sqlite/connection.h"
#include "adapters/stores/sqlite/schema.h"

namespace mailwake {
namespace {

// https://www.sqlite.org/fileformat.html#the_database_header
constexpr char kMagic[] = "SQLite format 3";  // and its NUL
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kApplicationIdAt = 68;  // big-endian

absl::Status NotAStore(const std::string& path, const char* why) {
  return absl::DataLossError(absl::StrCat(path, " is no mailwake store (", why, "): choose another file; this one was left as it is"));
}

absl::Status CheckDirectory(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  struct stat info;
  if (stat(directory.c_str(), &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("the directory of ", path, " cannot be used: make it, or choose another place"));
  }
  return absl::OkStatus();
}

// The lock, the log and the index of the log are found by the file's name: two names would mean two of each for one file.
absl::Status CheckOneName(const std::string& path, int file) {
  struct stat info;
  if (fstat(file, &info) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot look at ", path));
  if (!S_ISREG(info.st_mode) || info.st_nlink <= 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, " has ", info.st_nlink,
                   " names (hard links), so that two servers could write it at once: keep one name and remove"
                   " the others (find -samefile shows them), or copy the file"));
}

// A log that outlived its database would be played into the new one.
absl::Status CheckNoOrphan(const std::string& path) {
  struct stat info;
  if (stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0) {
    return absl::DataLossError(absl::StrCat(path, " is missing, but its log ", path, "-wal is there: put back both, or move the log away"));
  }
  return absl::OkStatus();
}

absl::Status CheckHeader(const std::string& path, const std::array<unsigned char, kHeaderBytes>& header) {
  if (std::memcmp(header.data(), kMagic, sizeof kMagic) != 0) return NotAStore(path, "not a SQLite database");
  std::uint32_t application_id = 0;
  for (std::size_t i = 0; i < 4; ++i) application_id = application_id << 8 | header[kApplicationIdAt + i];
  if (application_id != static_cast<std::uint32_t>(kApplicationId)) return NotAStore(path, "a SQLite database of another program");
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& path) {
  const int directory = open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open the directory of ", path));
  absl::Cleanup close_directory = [directory] { close(directory); };
  if (fsync(directory) != 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot sync the directory of ", path));
  return absl::OkStatus();
}

absl::Status Fill(const std::string& path) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(path);
  if (!connection.ok()) return connection.status();
  absl::Status status = Migrate(**connection);
  if (!status.ok()) return status;
  // Last, so that the header that FindStoreFile reads is in the file itself and not in a log beside it.
  status = (*connection)->Execute("PRAGMA journal_mode=WAL");
  (*connection)->CheckpointOnClose();
  return status;
}

}  // namespace

absl::StatusOr<std::string> StoreFilePath(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("the store needs the path of a file");
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot resolve ", path));
  std::filesystem::path canonical = std::filesystem::weakly_canonical(absolute, error);
  if (error) return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot resolve ", path));
  return canonical.string();
}

absl::StatusOr<bool> FindStoreFile(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    const int error = errno;
    absl::Status directory = CheckDirectory(path);
    if (!directory.ok()) return directory;
    if (error != ENOENT) return absl::ErrnoToStatus(error, absl::StrCat("cannot open ", path, ": see its owner and mode"));
    absl::Status orphan = CheckNoOrphan(path);
    if (!orphan.ok()) return orphan;
    return false;
  }
  absl::Cleanup close_file = [file] { close(file); };
  absl::Status one_name = CheckOneName(path, file);
  if (!one_name.ok()) return one_name;
  std::array<unsigned char, kHeaderBytes> header{};
  const ssize_t size = pread(file, header.data(), header.size(), 0);
  if (size < 0 && errno == EISDIR) return absl::NotFoundError(absl::StrCat(path, " is a directory: name a file in it"));
  if (size < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  if (size == 0) {
    absl::Status orphan = CheckNoOrphan(path);
    if (!orphan.ok()) return orphan;
    return false;
  }
  if (static_cast<std::size_t>(size) < header.size()) return NotAStore(path, "not a SQLite database");
  absl::Status status = CheckHeader(path, header);
  if (!status.ok()) return status;
  return true;
}

absl::Status CreateStoreFile(const std::string& path) {
  const std::string unfinished = path + ".new";
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) unlink((unfinished + suffix).c_str());  // of an attempt that was killed
  const int file = open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot create ", unfinished, ": the directory must be writable for this user"));
  close(file);
  absl::Status status = Fill(unfinished);
  if (status.ok() && std::rename(unfinished.c_str(), path.c_str()) != 0) {
    status = absl::ErrnoToStatus(errno, absl::StrCat("cannot rename ", unfinished, " to ", path));
  }
  if (!status.ok()) {
    unlink(unfinished.c_str());
    return status;
  }
  return SyncDirectory(path);
}

}  // namespace mailwake
