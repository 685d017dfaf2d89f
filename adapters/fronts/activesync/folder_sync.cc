// SPDX-License-Identifier: Apache-2.0
//
// FolderSync: the folder list as differences from the one that the device's SyncKey stands for.
#include <absl/strings/str_cat.h>

#include <optional>
#include <utility>

#include "adapters/fronts/activesync/commands.h"
#include "adapters/fronts/activesync/folder_list.h"
#include "adapters/fronts/activesync/state_turn.h"

namespace mailwake::eas {
namespace {

namespace tag = wbxml::folder_hierarchy;

constexpr int kOk = 1, kServerError = 6, kBadSyncKey = 9, kBadRequest = 10;

std::string StatusAnswer(int status) {
  wbxml::Writer out;
  out.Start(tag::kFolderSync);
  out.Text(tag::kStatus, status);
  out.End();
  return std::move(out).document();
}

void WriteFolder(wbxml::Writer& out, wbxml::Tag element, const ListedFolder& folder) {
  out.Start(element);
  out.Text(tag::kServerId, folder.id);
  out.Text(tag::kParentId, folder.parent);
  out.Text(tag::kDisplayName, folder.name);
  out.Text(tag::kType, folder.type);
  out.End();
}

std::string ListAnswer(SyncKey key, const FolderDifference& difference) {
  wbxml::Writer out;
  out.Start(tag::kFolderSync);
  out.Text(tag::kStatus, kOk);
  out.Text(tag::kSyncKey, static_cast<std::int64_t>(key));
  out.Start(tag::kChanges);
  out.Text(tag::kCount, static_cast<std::int64_t>(difference.size()));
  for (const ListedFolder* folder : difference.updated) WriteFolder(out, tag::kUpdate, *folder);
  for (const std::string& id : difference.deleted) {
    out.Start(tag::kDelete);
    out.Text(tag::kServerId, id);
    out.End();
  }
  for (const ListedFolder* folder : difference.added) WriteFolder(out, tag::kAdd, *folder);
  out.End();
  out.End();
  return std::move(out).document();
}

// The list that the device has, by its key; nullptr: the key is none of ours. The previous key comes when the last answer was lost.
const ToldFolders* ToldAt(const FolderListState& state, const std::string& key) {
  static const ToldFolders kNothing;
  if (key == "0") return &kNothing;
  if (state.key != 0 && key == absl::StrCat(state.key)) return &state.told;
  if (state.previous_key != 0 && key == absl::StrCat(state.previous_key)) return &state.previous_told;
  return nullptr;
}

// The device has what `key` stands for and is given `folders`.
void Advance(FolderListState& state, const std::string& key, const std::vector<ListedFolder>& folders) {
  if (key == "0") {
    state.previous_key = 0;
    state.previous_told = {};
  } else if (key == absl::StrCat(state.key)) {
    state.previous_key = state.key;
    state.previous_told = std::move(state.told);
  }
  state.key = ++state.last_key;
  state.told = TellAll(folders);
}

// Collections of folders that are gone are not kept.
void ForgetGone(DeviceState& state, const FolderList& list) {
  if (!list.declared) return;
  std::erase_if(state.collections, [&](const auto& entry) { return !state.folders.told.contains(entry.first); });
}

void Tell(const CallPtr& call, const std::string& key, const FolderList& list, const StateTurn::Ptr& turn) {
  FolderListState& state = turn->state().folders;
  const ToldFolders* told = ToldAt(state, key);
  if (told == nullptr) return AnswerFailure(*call, StatusAnswer(kBadSyncKey));
  const std::vector<ListedFolder> folders = ListFolders(list);
  const FolderDifference difference = Compare(*told, folders);
  const bool same = difference.size() == 0 && key != "0" && key == absl::StrCat(state.key);
  if (!same) Advance(state, key, folders);
  ForgetGone(turn->state(), list);
  std::string answer = ListAnswer(state.key, difference);
  turn->Save([call, answer = std::move(answer), version = list.version](StateTurn::Ptr held) mutable {
    Answer(*call, std::move(answer), [call, version, held = std::move(held)](bool whole) {
      if (whole) call->engine().EndFolderSync(call->mailbox, call->device, version, [](const absl::Status&) {});
    });
  });
}

// The SyncKey of the request; nullopt: no FolderSync.
std::optional<std::string> ReadKey(Call& call) {
  const absl::StatusOr<wbxml::Document> document = wbxml::Document::Parse(std::move(call.http.body), call.limits());
  if (!document.ok() || document->root().tag() != tag::kFolderSync) return std::nullopt;
  const wbxml::Element key = document->root().Child(tag::kSyncKey);
  if (key.text().empty()) return std::nullopt;
  return std::string(key.text());
}

}  // namespace

void RunFolderSync(const CallPtr& call) {
  std::optional<std::string> key = ReadKey(*call);
  if (!key) return AnswerFailure(*call, StatusAnswer(kBadRequest));
  StateTurn::Take(call, [call, key = *std::move(key)](StateTurn::Ptr turn) {
    call->engine().BeginFolderSync(call->mailbox, [call, key, turn = std::move(turn)](absl::StatusOr<FolderList> list) mutable {
      call->OnLoop([call, key, turn = std::move(turn), list = std::move(list)] {
        if (!list.ok()) return Answer(*call, StatusAnswer(kServerError));
        Tell(call, key, *list, turn);
      });
    });
  });
}

}  // namespace mailwake::eas
