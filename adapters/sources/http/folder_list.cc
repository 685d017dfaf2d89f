// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/folder_list.h"

#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <utility>

#include "adapters/sources/http/change_lines.h"
#include "adapters/sources/http/json_text.h"

namespace mailwake::http_source {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;
constexpr int kMaxType = 255;

absl::StatusOr<DeclaredFolder> ParseFolder(const Json& json) {
  if (!json.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("is ", Shown(json), ": it must be an object {\"id\",\"name\",\"class\"}"));
  }
  DeclaredFolder folder;
  absl::StatusOr<std::string> id = NeedText(json, "id", 1, kMaxIdBytes);
  if (!id.ok()) return id.status();
  folder.id = *std::move(id);
  absl::StatusOr<std::string> name = NeedText(json, "name", 1, kMaxNameBytes);
  if (!name.ok()) return name.status();
  folder.name = *std::move(name);
  const absl::StatusOr<ItemClass> item_class = NeedItemClass(json);
  if (!item_class.ok()) return item_class.status();
  folder.item_class = *item_class;
  if (const Json* type = Find(json, "type")) {
    if (!type->is_number_unsigned() || type->get<std::uint64_t>() > kMaxType) {
      return absl::InvalidArgumentError(absl::StrCat("\"type\" is ", Shown(*type), ": it must be a whole number from 0 to ", kMaxType,
                                                     " (0: follows from the class; 2: the inbox)"));
    }
    folder.type = type->get<int>();
  }
  absl::StatusOr<std::string> parent = OptionalText(json, "parent", kMaxIdBytes);
  if (!parent.ok()) return parent.status();
  folder.parent = *std::move(parent);
  return folder;
}

}  // namespace

absl::StatusOr<std::vector<DeclaredFolder>> ParseFolderList(std::string_view body) {
  const absl::StatusOr<Json> json = ParseJson(body);
  if (!json.ok()) return absl::InvalidArgumentError(absl::StrCat("the body ", json.status().message()));
  if (!json->is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is ", Shown(*json), ": it must be an array of {\"id\",\"name\",\"class\",\"type\"?,\"parent\"?}"));
  }
  std::vector<DeclaredFolder> folders;
  folders.reserve(json->size());
  absl::flat_hash_set<std::string> ids;
  for (const Json& item : *json) {
    absl::StatusOr<DeclaredFolder> folder = ParseFolder(item);
    if (folder.ok() && !ids.insert(folder->id).second) {
      folder = absl::InvalidArgumentError(absl::StrCat("\"id\" ", Shown(Json(folder->id)), " was given before: each may stand once"));
    }
    if (!folder.ok()) return absl::InvalidArgumentError(absl::StrCat("folder ", folders.size() + 1, ": ", folder.status().message()));
    folders.push_back(*std::move(folder));
  }
  return folders;
}

}  // namespace mailwake::http_source
