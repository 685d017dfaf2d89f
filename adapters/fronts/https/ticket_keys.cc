// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/ticket_keys.h"

#include <absl/cleanup/cleanup.h>
#include <absl/strings/str_cat.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace mailwake::internal {
namespace {

// The file: this word with a zero byte, the period of the seed (8 bytes, the lowest first), the seed.
constexpr std::string_view kMagic("mailwake tickets\0", 17);

std::array<std::uint8_t, 64> Derived(const std::array<std::uint8_t, 32>& seed, std::string_view label) {
  std::array<std::uint8_t, 64> out{};
  unsigned size = out.size();
  HMAC(EVP_sha512(), seed.data(), static_cast<int>(seed.size()), reinterpret_cast<const unsigned char*>(label.data()), label.size(),
       out.data(), &size);
  return out;
}

absl::Status SystemError(const std::string& file, const char* what) {
  const std::string text = absl::StrCat("ticket key file ", file, ": cannot ", what, " it: ", std::strerror(errno));
  return errno == EACCES || errno == EPERM ? absl::PermissionDeniedError(text) : absl::InvalidArgumentError(text);
}

}  // namespace

absl::StatusOr<std::shared_ptr<TicketKeys>> TicketKeys::Open(std::string file, std::time_t now) {
  State state{.period = now / kPeriod - static_cast<std::int64_t>(kKept - 1)};
  absl::StatusOr<std::optional<State>> read = file.empty() ? std::nullopt : Read(file);
  if (!read.ok()) return read.status();
  // A file of the future was written while the clock was wrong: its keys would not change until then.
  if (read->has_value() && (*read)->period <= state.period + static_cast<std::int64_t>(kKept)) {
    state = **read;
  } else {
    if (RAND_bytes(state.seed.data(), static_cast<int>(state.seed.size())) != 1) return absl::InternalError("OpenSSL has no random bytes");
    if (!file.empty()) {
      if (absl::Status written = Write(file, state); !written.ok()) return written;
    }
  }
  return std::shared_ptr<TicketKeys>(new TicketKeys(std::move(file), state, now));
}

TicketKeys::TicketKeys(std::string file, const State& oldest, std::time_t now) : file_(std::move(file)) {
  MutexLock lock(mutex_);
  oldest_ = oldest;
  MakeKeys();
  Advance(now);
}

TicketKeys::Key TicketKeys::Current(std::time_t now) {
  MutexLock lock(mutex_);
  Advance(now);
  return keys_.back();
}

std::optional<TicketKeys::Found> TicketKeys::Find(const Name& name, std::time_t now) {
  MutexLock lock(mutex_);
  Advance(now);
  const auto found = std::ranges::find(keys_, name, &Key::name);
  if (found == keys_.end()) return std::nullopt;
  return Found{.key = *found, .old = found != keys_.end() - 1};
}

// ---- Seeds and keys

TicketKeys::State TicketKeys::Next(const State& state) {
  State next{.period = state.period + 1};
  const auto derived = Derived(state.seed, "next");
  std::copy_n(derived.begin(), next.seed.size(), next.seed.begin());
  return next;
}

TicketKeys::Key TicketKeys::KeyOf(const State& state) {
  Key key;
  const auto name = Derived(state.seed, "name");
  const auto secrets = Derived(state.seed, "keys");
  std::copy_n(name.begin(), key.name.size(), key.name.begin());
  std::copy_n(secrets.begin(), key.cipher.size(), key.cipher.begin());
  std::copy_n(secrets.begin() + key.cipher.size(), key.mac.size(), key.mac.begin());
  return key;
}

void TicketKeys::MakeKeys() {
  State state = oldest_;
  for (Key& key : keys_) {
    key = KeyOf(state);
    state = Next(state);
  }
  OPENSSL_cleanse(state.seed.data(), state.seed.size());
}

void TicketKeys::Advance(std::time_t now) {
  const std::int64_t wanted = now / kPeriod - static_cast<std::int64_t>(kKept - 1);
  if (wanted <= oldest_.period) return;
  // A file from long ago, or a clock that jumped: as far as that no seed needs to be followed, since no ticket is still good.
  if (wanted - oldest_.period > 10'000) {
    const auto jumped = Derived(oldest_.seed, absl::StrCat("jump to ", wanted));
    oldest_.period = wanted;
    std::copy_n(jumped.begin(), oldest_.seed.size(), oldest_.seed.begin());
  }
  while (oldest_.period < wanted) oldest_ = Next(oldest_);
  MakeKeys();
  // If it cannot be written the file still has a seed from which these follow.
  if (!file_.empty()) Write(file_, oldest_).IgnoreError();
}

// ---- The file

absl::StatusOr<std::optional<TicketKeys::State>> TicketKeys::Read(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  if (fd < 0) return SystemError(file, "open");
  const auto close = absl::MakeCleanup([fd] { ::close(fd); });
  struct stat info {};
  if (::fstat(fd, &info) != 0) return SystemError(file, "look at");
  if (S_ISREG(info.st_mode) && (info.st_mode & 077) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("ticket key file ", file, " can be read or written by others; remove it: a new one is made at the next start"));
  }
  std::array<char, kMagic.size() + 8 + sizeof(Seed) + 1> bytes{};
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  if (got < 0) return SystemError(file, "read");
  if (got != static_cast<ssize_t>(bytes.size() - 1) || std::string_view(bytes.data(), kMagic.size()) != kMagic) {
    return absl::DataLossError(absl::StrCat("ticket key file ", file, " is not one; remove it: a new one is made at the next start"));
  }
  State state;
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data()) + kMagic.size();
  for (int i = 7; i >= 0; --i) state.period = state.period << 8 | at[i];
  std::copy_n(at + 8, state.seed.size(), state.seed.begin());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (state.period < -static_cast<std::int64_t>(kKept)) {
    return absl::DataLossError(absl::StrCat("ticket key file ", file, " is damaged; remove it: a new one is made at the next start"));
  }
  return state;
}

// Beside and then renamed: nobody sees half of it.
absl::Status TicketKeys::Write(const std::string& file, const State& state) {
  std::string bytes(kMagic);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(state.period >> (8 * i) & 0xFF));
  bytes.append(reinterpret_cast<const char*>(state.seed.data()), state.seed.size());
  const auto wipe = absl::MakeCleanup([&bytes] { OPENSSL_cleanse(bytes.data(), bytes.size()); });
  std::string beside = absl::StrCat(file, ".XXXXXX");
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return SystemError(file, "make");
  const bool written = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (written && ::rename(beside.c_str(), file.c_str()) == 0) return absl::OkStatus();
  absl::Status failed = SystemError(file, "write");
  ::unlink(beside.c_str());
  return failed;
}

}  // namespace mailwake::internal
