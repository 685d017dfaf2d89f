// SPDX-License-Identifier: Apache-2.0
//
// FileDescriptor: owns a descriptor until it is closed or released.
//
// Threads:    one at a time.

#ifndef MAILWAKE_ADAPTERS_FRONTS_HTTPS_FILE_DESCRIPTOR_H_
#define MAILWAKE_ADAPTERS_FRONTS_HTTPS_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace mailwake::internal {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_HTTPS_FILE_DESCRIPTOR_H_
