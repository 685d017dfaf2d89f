// SPDX-License-Identifier: Apache-2.0

#include "adapters/sources/http/folder_list.h"

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include <optional>
#include <utility>

#include "adapters/sources/http/change_lines.h"
#include "adapters/sources/http/json_text.h"

namespace mailwake::http_source {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;
constexpr int kMaxType = 255;

constexpr char kRoot[] = "0";  // what the protocol calls the parent of a folder at the top; left out says the same

// What a folder of that type holds (MS-ASCMD 2.2.3.186.3). nullopt: the type does not say.
std::optional<ItemClass> ClassOfType(int type) {
  switch (type) {
    case 2:  // inbox
    case 3:  // drafts
    case 4:  // deleted items
    case 5:  // sent items
    case 6:  // outbox
    case 12:
      return ItemClass::kEmail;
    case 7:
    case 15:
      return ItemClass::kTasks;
    case 8:
    case 13:
      return ItemClass::kCalendar;
    case 9:
    case 14:
      return ItemClass::kContacts;
    case 10:
    case 17:
      return ItemClass::kNotes;
    default:
      return std::nullopt;
  }
}

absl::Status CheckType(const DeclaredFolder& folder) {
  const std::optional<ItemClass> holds = ClassOfType(folder.type);
  if (!holds || *holds == folder.item_class) return absl::OkStatus();
  const std::string_view type_class = Name(*holds), given = Name(folder.item_class);
  return absl::InvalidArgumentError(absl::StrCat("\"type\" is ", folder.type, ", ", *holds == ItemClass::kEmail ? "an " : "a ",
                                                 absl::string_view(type_class.data(), type_class.size()), " folder, and \"class\" is ",
                                                 absl::string_view(given.data(), given.size()),
                                                 ": give one that goes with the other, or leave \"type\" out"));
}

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
  if (absl::Status type = CheckType(folder); !type.ok()) return type;
  return folder;
}

absl::Status Bad(std::size_t index, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("folder ", index + 1, ": ", absl::string_view(what.data(), what.size())));
}

// Follows each folder to the top, over ground that was not walked before.
absl::Status CheckParents(const std::vector<DeclaredFolder>& folders, const absl::flat_hash_map<std::string, std::size_t>& places) {
  constexpr std::size_t kNever = static_cast<std::size_t>(-1);
  std::vector<std::size_t> walked_from(folders.size(), kNever);
  for (std::size_t start = 0; start < folders.size(); ++start) {
    for (std::size_t at = start; walked_from[at] == kNever;) {
      walked_from[at] = start;
      const std::string& parent = folders[at].parent;
      if (parent.empty() || parent == kRoot) break;
      const auto place = places.find(parent);
      if (place == places.end()) {
        return Bad(at, absl::StrCat("\"parent\" is ", Shown(Json(parent)), ": no folder of the list has this id"));
      }
      if (walked_from[place->second] == start) {
        return Bad(at, absl::StrCat("\"parent\" ", Shown(Json(parent)), " leads back to the folder itself"));
      }
      at = place->second;
    }
  }
  return absl::OkStatus();
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
  absl::flat_hash_map<std::string, std::size_t> places;
  for (const Json& item : *json) {
    absl::StatusOr<DeclaredFolder> folder = ParseFolder(item);
    if (folder.ok() && !places.emplace(folder->id, folders.size()).second) {
      folder = absl::InvalidArgumentError(absl::StrCat("\"id\" ", Shown(Json(folder->id)), " was given before: each may stand once"));
    }
    if (!folder.ok()) return Bad(folders.size(), std::string(folder.status().message()));
    folders.push_back(*std::move(folder));
  }
  if (absl::Status parents = CheckParents(folders, places); !parents.ok()) return parents;
  return folders;
}

}  // namespace mailwake::http_source
