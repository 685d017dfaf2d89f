// SPDX-License-Identifier: Apache-2.0
//
// `mailwake user` and `mailwake device`: accounts and blocked devices, beside a running server or without one.

#include <absl/strings/str_cat.h>

#include <future>
#include <iostream>
#include <iterator>
#include <memory>
#include <vector>

#include "adapters/server/commands.h"
#include "adapters/server/config.h"
#include "adapters/server/passwd_file.h"
#include "adapters/server/secret_file.h"
#include "adapters/server/text_file.h"
#include "mailwake/adapters/authenticator.h"
#include "mailwake/adapters/sqlite_store.h"
#include "mailwake/types.h"

namespace mailwake::server {
namespace {

struct Opened {
  std::string path;
  std::unique_ptr<SqliteStore> store;
};

absl::StatusOr<Opened> Open(const std::string& name) {
  absl::StatusOr<std::string> path = StorePath(name);
  if (!path.ok()) return path.status();
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = OpenSqliteStore(*path, {.own = false});
  if (!store.ok()) return store.status();
  return Opened{.path = *std::move(path), .store = *std::move(store)};
}

template <typename Call>
absl::Status Await(Call call) {
  std::promise<absl::Status> result;
  call([&](absl::Status status) { result.set_value(std::move(status)); });
  return result.get_future().get();
}

absl::Status Put(SqliteStore& store, std::vector<AccountRecord> accounts) {
  return Await([&](auto done) { store.accounts().Put(std::move(accounts), std::move(done)); });
}

absl::StatusOr<bool> Exists(SqliteStore& store, const std::string& user) {
  std::promise<absl::StatusOr<bool>> result;
  store.accounts().Find(user, [&](absl::StatusOr<std::optional<AccountRecord>> found) {
    result.set_value(found.ok() ? absl::StatusOr<bool>(found->has_value()) : absl::StatusOr<bool>(found.status()));
  });
  return result.get_future().get();
}

}  // namespace

int Run(const UserAddArguments& arguments) {
  if (const absl::Status name = CheckUserName(arguments.name); !name.ok()) return Fail(name);
  if (const auto path = StorePath(arguments.store); !path.ok()) return Fail(path.status());
  const absl::StatusOr<std::string> password = ReadPassword(absl::StrCat("Password for ", arguments.name, ": "));
  if (!password.ok()) return Fail(password.status());
  const absl::StatusOr<std::string> hashed = HashPassword(*password);
  if (!hashed.ok()) return Fail(hashed.status());
  const absl::StatusOr<Opened> opened = Open(arguments.store);
  if (!opened.ok()) return Fail(opened.status());
  const absl::StatusOr<bool> existed = Exists(*opened->store, arguments.name);
  if (!existed.ok()) return Fail(existed.status());
  if (const absl::Status put = Put(*opened->store, {{.user = arguments.name, .password = *hashed, .verified = {}}}); !put.ok()) {
    return Fail(put);
  }
  std::cout << (*existed ? "new password for " : "added ") << arguments.name << std::endl;
  return 0;
}

int Run(const UserImportArguments& arguments) {
  if (const auto path = StorePath(arguments.store); !path.ok()) return Fail(path.status());
  const absl::StatusOr<std::string> text =
      arguments.file == "-" ? std::string(std::istreambuf_iterator<char>(std::cin), {}) : ReadTextFile(arguments.file);
  if (!text.ok()) return Fail(text.status());
  const absl::StatusOr<Opened> opened = Open(arguments.store);
  if (!opened.ok()) return Fail(opened.status());
  const std::string key_file = opened->path + ".key";
  absl::StatusOr<std::vector<AccountRecord>> accounts =
      ParsePasswdFile(*text, arguments.file, [&](std::string_view value) { return ImportPassword(value, key_file); });
  if (!accounts.ok()) {
    std::cerr << accounts.status().message() << '\n';
    return Fail(absl::InvalidArgumentError("nothing was imported: mend the lines above and try again"));
  }
  const std::size_t count = accounts->size();
  if (const absl::Status put = Put(*opened->store, *std::move(accounts)); !put.ok()) return Fail(put);
  std::cout << "imported " << count << " accounts" << std::endl;
  return 0;
}

int Run(const UserRemoveArguments& arguments) {
  const absl::StatusOr<Opened> opened = Open(arguments.store);
  if (!opened.ok()) return Fail(opened.status());
  const absl::StatusOr<bool> existed = Exists(*opened->store, arguments.name);
  if (!existed.ok()) return Fail(existed.status());
  if (!*existed) return Fail(absl::NotFoundError(absl::StrCat("there is no user ", arguments.name, " in ", opened->path)));
  const absl::Status removed = Await([&](auto done) { opened->store->accounts().Remove(arguments.name, std::move(done)); });
  if (!removed.ok()) return Fail(removed);
  std::cout << "removed " << arguments.name << std::endl;
  return 0;
}

int Run(const DeviceArguments& arguments) {
  if (const absl::Status name = CheckUserName(arguments.user); !name.ok()) return Fail(name);
  if (arguments.device.empty() || arguments.device.size() > kMaxDeviceBytes) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("a device's id has 1 to ", kMaxDeviceBytes, " bytes")));
  }
  const absl::StatusOr<Opened> opened = Open(arguments.store);
  if (!opened.ok()) return Fail(opened.status());
  // Of a user whom there is not it would turn nobody away, which is not what was meant.
  const absl::StatusOr<bool> exists = Exists(*opened->store, arguments.user);
  if (!exists.ok()) return Fail(exists.status());
  if (!*exists && arguments.block) {
    return Fail(absl::NotFoundError(absl::StrCat("there is no user ", arguments.user, " in ", opened->path)));
  }
  const absl::Status done = Await([&](auto callback) {
    opened->store->accounts().Block({.user = arguments.user, .device = arguments.device}, arguments.block, std::move(callback));
  });
  if (!done.ok()) return Fail(done);
  std::cout << (arguments.block ? "blocked " : "unblocked ") << arguments.device << " of " << arguments.user << std::endl;
  return 0;
}

}  // namespace mailwake::server
