// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/activesync/folder_list.h"

#include <absl/container/flat_hash_set.h>
#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "mailwake/adapters/http_text.h"

namespace mailwake::eas {
namespace {

constexpr int kFirstSpecial = 2, kLastSpecial = 11, kLastType = 19;

struct ClassTypes {
  int first;  // the class's default folder
  int other;  // one that the user made
};
// E-mail's default folder is the inbox, which is chosen apart.
constexpr std::array<ClassTypes, kItemClasses> kTypes = {{{12, 12}, {8, 13}, {9, 14}, {7, 15}, {10, 17}}};

// The types that the declaration gives, each special one once; 0: to be chosen.
void TakeDeclaredTypes(const std::vector<DeclaredFolder>& declared, std::vector<ListedFolder>& folders,
                       std::array<bool, kLastType + 1>& taken) {
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const int type = declared[i].type;
    if (type < 1 || type > kLastType) continue;
    const bool special = type >= kFirstSpecial && type <= kLastSpecial;
    if (special && std::exchange(taken[static_cast<std::size_t>(type)], true)) continue;
    folders[i].type = type;
  }
}

void ChooseInbox(std::vector<ListedFolder>& folders) {
  const auto free = [](const ListedFolder& folder) { return folder.type == 0 && folder.item_class == ItemClass::kEmail; };
  auto inbox = std::find_if(folders.begin(), folders.end(), [&](const ListedFolder& folder) {
    return free(folder) && (EqualsIgnoreCase(folder.id, "inbox") || EqualsIgnoreCase(folder.name, "inbox"));
  });
  if (inbox == folders.end()) inbox = std::find_if(folders.begin(), folders.end(), free);
  if (inbox != folders.end()) inbox->type = kInboxType;
}

void ChooseTypes(std::vector<ListedFolder>& folders, std::array<bool, kLastType + 1>& taken) {
  for (ListedFolder& folder : folders) {
    if (folder.type != 0) continue;
    const ClassTypes types = kTypes.at(static_cast<std::size_t>(folder.item_class));
    folder.type = std::exchange(taken[static_cast<std::size_t>(types.first)], true) ? types.other : types.first;
  }
}

// FNV-1a: the same in every build, since it is stored.
std::uint64_t Fingerprint(const ListedFolder& folder) {
  std::uint64_t hash = 14695981039346656037u;
  const std::string text = absl::StrCat(folder.type, "\n", folder.parent, "\n", folder.name);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

}  // namespace

std::vector<ListedFolder> ListFolders(const FolderList& list) {
  if (!list.declared) return {{.id = std::string(kUndeclaredInbox), .name = "Inbox", .parent = "0", .type = kInboxType}};
  std::vector<ListedFolder> folders;
  absl::flat_hash_set<std::string> ids;
  for (const DeclaredFolder& folder : list.folders) {
    ids.insert(folder.id);
    folders.push_back(
        {.id = folder.id, .name = folder.name.empty() ? folder.id : folder.name, .parent = folder.parent, .item_class = folder.item_class});
  }
  for (ListedFolder& folder : folders) {
    if (folder.parent == folder.id || !ids.contains(folder.parent)) folder.parent = "0";
  }
  std::array<bool, kLastType + 1> taken{};
  TakeDeclaredTypes(list.folders, folders, taken);
  if (!taken[kInboxType]) ChooseInbox(folders);
  ChooseTypes(folders, taken);
  return folders;
}

ToldFolders TellAll(const std::vector<ListedFolder>& folders) {
  ToldFolders told;
  for (const ListedFolder& folder : folders) told[folder.id] = Fingerprint(folder);
  return told;
}

FolderDifference Compare(const ToldFolders& told, const std::vector<ListedFolder>& folders) {
  FolderDifference out;
  absl::flat_hash_set<std::string_view> present;
  for (const ListedFolder& folder : folders) {
    present.insert(folder.id);
    const auto before = told.find(folder.id);
    if (before == told.end()) {
      out.added.push_back(&folder);
    } else if (before->second != Fingerprint(folder)) {
      out.updated.push_back(&folder);
    }
  }
  for (const auto& [id, fingerprint] : told) {
    if (!present.contains(id)) out.deleted.push_back(id);
  }
  return out;
}

}  // namespace mailwake::eas
