// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/accounts/verified_passwords.h"

#include <sodium.h>

#include <algorithm>
#include <functional>
#include <string>

namespace mailwake::internal {
namespace {

template <typename Digest>
bool Same(const Digest& a, const Digest& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::size_t KeyOf(std::string_view user) { return std::hash<std::string_view>()(user); }

}  // namespace

VerifiedPasswords::Digest VerifiedPasswords::Of(std::string_view purpose, std::initializer_list<std::string_view> parts) const {
  const std::string hash = hash_.Hash(purpose, parts);
  Digest digest;
  std::copy_n(hash.begin(), digest.size(), digest.begin());
  return digest;
}

std::optional<std::uint64_t> VerifiedPasswords::Holds(std::string_view user, std::string_view password, Time now) {
  const Digest bare = Of("mailwake bare password", {user, password});
  MutexLock lock(mutex_);
  if (!looked_ || now - *looked_ > kGood) return std::nullopt;
  const Entry* entry = entries_.Find(KeyOf(user));
  if (entry == nullptr || !Same(entry->bare, bare)) return std::nullopt;
  return forgotten_;
}

bool VerifiedPasswords::Holds(std::string_view user, std::string_view password, std::string_view stored) {
  const Digest whole = Of("mailwake whole password", {user, stored, password});
  MutexLock lock(mutex_);
  const Entry* entry = entries_.Find(KeyOf(user));
  return entry != nullptr && Same(entry->whole, whole);
}

std::uint64_t VerifiedPasswords::forgotten() const {
  MutexLock lock(mutex_);
  return forgotten_;
}

bool VerifiedPasswords::Counts(std::string_view user, std::uint64_t forgotten) const {
  return dropped_[KeyOf(user) % dropped_.size()] <= forgotten;
}

void VerifiedPasswords::Add(std::string_view user, std::string_view password, std::string_view stored, std::uint64_t forgotten) {
  if (most_ == 0) return;
  const Digest bare = Of("mailwake bare password", {user, password});
  const Digest whole = Of("mailwake whole password", {user, stored, password});
  MutexLock lock(mutex_);
  // Before the first look nobody knows what a later one would leave out.
  const bool known = number_.has_value() && forgotten == forgotten_;
  entries_[KeyOf(user)] = {.bare = known ? bare : Digest{}, .whole = whole};
}

void VerifiedPasswords::Forget(std::string_view user) {
  MutexLock lock(mutex_);
  Drop(user);
}

void VerifiedPasswords::Drop(std::string_view user) {
  dropped_[KeyOf(user) % dropped_.size()] = ++forgotten_;
  entries_.Erase(KeyOf(user));
}

std::optional<VerifiedPasswords::Look> VerifiedPasswords::BeginLook(Time now) {
  MutexLock lock(mutex_);
  if (looking_ || (began_ && now - *began_ < kGood / 2)) return std::nullopt;
  looking_ = true;
  began_ = now;
  return Look{.since = number_, .began = now};
}

void VerifiedPasswords::EndLook(const Look& look, const absl::StatusOr<AccountChanges>& changes) {
  MutexLock lock(mutex_);
  looking_ = false;
  if (!changes.ok() || changes->number == 0) return;  // cannot say: the store is asked each time
  if (!number_) ++forgotten_;                         // what was read before is not known to be still so
  number_ = changes->number;
  looked_ = look.began;
  for (const std::string& user : changes->users) Drop(user);
}

}  // namespace mailwake::internal
