// SPDX-License-Identifier: Apache-2.0
//
// Await: makes a call of a port and waits for its callback.
//
// Example:    absl::Status status = Await<absl::Status>([&](auto done) { store.Commit(batch, std::move(done)); });

#ifndef MAILWAKE_TESTS_ADAPTERS_STORES_AWAIT_H_
#define MAILWAKE_TESTS_ADAPTERS_STORES_AWAIT_H_

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailwake/adapters/sqlite_store.h"

namespace mailwake {

template <typename T, typename Start>
T Await(Start start) {
  auto promise = std::make_shared<std::promise<T>>();
  std::future<T> future = promise->get_future();
  start([promise](T value) { promise->set_value(std::move(value)); });
  return future.get();
}

inline absl::Status Commit(Store& store, WriteBatch batch) {
  return Await<absl::Status>([&](auto done) { store.CommitOwned(std::move(batch), std::move(done)); });
}

inline absl::StatusOr<MailboxRecord> Load(Store& store, const std::string& mailbox) {
  return Await<absl::StatusOr<MailboxRecord>>([&](auto done) { store.Load(mailbox, std::move(done)); });
}

inline absl::StatusOr<std::size_t> AgeOut(Store& store, Time before) {
  return Await<absl::StatusOr<std::size_t>>([&](auto done) { store.AgeOut(before, std::move(done)); });
}

inline absl::StatusOr<std::optional<AccountRecord>> Find(AccountStore& accounts, const std::string& user) {
  return Await<absl::StatusOr<std::optional<AccountRecord>>>([&](auto done) { accounts.Find(user, std::move(done)); });
}

inline absl::Status Remove(AccountStore& accounts, const std::string& user) {
  return Await<absl::Status>([&](auto done) { accounts.Remove(user, std::move(done)); });
}

inline absl::Status Block(AccountStore& accounts, const BlockedDevice& device, bool blocked) {
  return Await<absl::Status>([&](auto done) { accounts.Block(device, blocked, std::move(done)); });
}

inline absl::Status Put(AccountStore& accounts, std::vector<AccountRecord> records) {
  return Await<absl::Status>([&](auto done) { accounts.Put(std::move(records), std::move(done)); });
}

inline absl::Status Remember(AccountStore& accounts, const AccountRecord& record) {
  return Await<absl::Status>([&](auto done) { accounts.Remember(record.user, record.password, record.verified, std::move(done)); });
}

inline AccountChanges Changes(AccountStore& accounts, std::optional<std::uint64_t> since) {
  return Await<absl::StatusOr<AccountChanges>>([&](auto done) { accounts.Changes(since, std::move(done)); }).value();
}

inline absl::StatusOr<std::string> Load(FrontState& state, const FrontStateKey& key) {
  return Await<absl::StatusOr<std::string>>([&](auto done) { state.Load(key, std::move(done)); });
}

inline absl::Status Save(FrontState& state, const FrontStateKey& key, const std::string& value) {
  return Await<absl::Status>([&](auto done) { state.Save(key, value, std::move(done)); });
}

// A batch that writes one version into a mailbox's folder list, into a folder and into a device's cursor.
inline WriteBatch VersionBatch(const std::string& mailbox, Version version) {
  MailboxWrite write{.mailbox = mailbox};
  write.hierarchy = {.declared = true, .version = version};
  write.folders.push_back({.id = "f", .version = version});
  write.devices.push_back({.record = {.id = "d", .cursors = {{"f", version}}}});
  return {.mailboxes = {write}};
}

// The version that VersionBatch wrote: 0 if none, nullopt if it is not the same everywhere.
inline std::optional<Version> WholeVersion(const MailboxRecord& record) {
  if (record.hierarchy == 0 && record.folders.empty() && record.devices.empty()) return 0;
  if (record.folders.size() != 1 || record.folders[0].version != record.hierarchy) return std::nullopt;
  if (record.devices.size() != 1 || record.devices[0].cursors.size() != 1) return std::nullopt;
  if (record.devices[0].cursors[0].cursor != record.hierarchy) return std::nullopt;
  return record.hierarchy;
}

}  // namespace mailwake

#endif  // MAILWAKE_TESTS_ADAPTERS_STORES_AWAIT_H_
