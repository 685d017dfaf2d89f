// SPDX-License-Identifier: Apache-2.0
//
// `mailwake user add` and `mailwake user import`: accounts, beside a running server or without one.

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

absl::Status Put(SqliteStore& store, std::vector<AccountRecord> accounts) {
  std::promise<absl::Status> result;
  store.accounts().Put(std::move(accounts), [&](absl::Status status) { result.set_value(std::move(status)); });
  return result.get_future().get();
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

}  // namespace mailwake::server
