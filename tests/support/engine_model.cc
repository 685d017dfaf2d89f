// SPDX-License-Identifier: Apache-2.0
//
// The calls: what each adds to the model's lists.

#include "tests/support/engine_model.h"

#include <algorithm>
#include <utility>

namespace mailwake::testing {

PingRequest HoldSpec::request() const {
  PingRequest request{.mailbox = mailbox, .device = device, .heartbeat = heartbeat, .kind = kind, .loop = loop};
  if (folders) {
    request.folders.emplace();
    for (const auto& [id, item_class] : *folders) request.folders->push_back({id, item_class});
  }
  return request;
}

EngineModel::EngineModel(EngineWorld& world, const Options& options, bool forgetful, Situations& situations)
    : world_(world), options_(options), forgetful_(forgetful), situations_(situations), latest_now_(world.now()) {}

CallPtr EngineModel::NewCall(AnswerPtr answer, const std::string& mailbox, bool structural) {
  auto call = std::make_shared<ModelCall>(ModelCall{std::move(answer), mailbox, structural});
  if (call->answer != nullptr) calls_.push_back(call);
  ++seq_;
  return call;
}

bool EngineModel::Loading(const std::string& mailbox) const {
  return world_.store().waiting_loads(mailbox) > 0 || world_.store().last_load_failed(mailbox);
}

// ---- Changes ---------------------------------------------------------------------------------------------------------------------------

void EngineModel::Published(const std::vector<Change>& changes, const AnswerPtr& answer) {
  if (answer->answered() && absl::IsInvalidArgument(answer->status)) return;
  std::map<std::string, CallPtr> calls;
  for (const Change& change : changes) {
    const std::string mailbox(change.mailbox);
    CallPtr& call = calls[mailbox];
    if (call == nullptr) {
      call = NewCall(answer, mailbox, false);
      // A mailbox that is being read may have no room for one more call that waits, or may not be read; of one of several mailboxes that
      // shows only when all are done.
      call->unsure = changes.size() > 1 && Loading(mailbox);
    }
    const auto mask = options_.wake_kinds[static_cast<std::size_t>(change.item_class)];
    if ((mask & (1U << static_cast<unsigned>(change.kind))) == 0) {
      ++situations_["a masked kind is published"];
      continue;
    }
    ++seq_;
    AddChange(change, call);
  }
}

void EngineModel::AddChange(const Change& change, const CallPtr& call) {
  const std::string id(change.folder);
  ModelMailbox& box = mailboxes_[std::string(change.mailbox)];
  ModelFolder& folder = box.folders[id];
  ModelFolder::Event event{.kind = ModelFolder::Event::kChange,
                           .seq = seq_,
                           .call = call,
                           .origin = std::string(change.device),
                           .host_version = change.host_version.value_or(0)};
  if (folder.item_class != change.item_class) call->structural = true;
  if (folder.item_class && *folder.item_class != change.item_class) {
    ++situations_["a change of another class replaces a folder"];
    Replace(box, id, call);
    for (DeclaredFolder& declared : box.list) {
      if (declared.id == id) declared.item_class = change.item_class;
    }
    // Whether one's own change that replaces a folder is one's own, no rule says.
    event.maybe = true;
    event.origin.clear();
    if (change.device.empty()) {
      event.maybe = false;
    } else {
      ModelFolder::Event own = event;
      own.maybe = false;
      own.origin = std::string(change.device);
      folder.events.push_back(std::move(own));
    }
  } else if (event.host_version != 0) {
    std::uint64_t surely = 0;
    std::uint64_t perhaps = 0;
    for (const auto& old : folder.events) {
      if (old.kind == ModelFolder::Event::kErase) {
        surely = 0;
        if (!old.call->unsure) perhaps = 0;
      } else {
        perhaps = std::max(perhaps, old.host_version);
        if (!old.call->unsure && !old.maybe) surely = std::max(surely, old.host_version);
      }
    }
    if (event.host_version <= surely) {
      ++situations_["the host repeats a change"];
      return;
    }
    event.maybe = event.host_version <= perhaps;
  }
  if (!folder.item_class && !folder.IsNamedOnly(change.item_class)) {
    // A PING may have said another class before: then this replaces the folder.
    const CallPtr perhaps = std::make_shared<ModelCall>(ModelCall{.unsure = true});
    box.hierarchy.emplace_back(seq_, perhaps);
    folder.events.push_back({.kind = ModelFolder::Event::kChange, .seq = seq_, .call = perhaps});
  }
  folder.item_class = change.item_class;
  // Where few devices are known, an origin may not be one of them, and its change is everybody's.
  if (options_.limits.devices_per_mailbox < 10 && !event.origin.empty()) {
    ModelFolder::Event everybodys = event;
    everybodys.origin.clear();
    everybodys.maybe = true;
    folder.events.push_back(std::move(everybodys));
  }
  folder.events.push_back(std::move(event));
}

// A folder goes, and with it every cursor in it.
void EngineModel::Replace(ModelMailbox& box, const std::string& folder, const CallPtr& call) {
  box.hierarchy.emplace_back(seq_, call);
  box.folders[folder].events.push_back({.kind = ModelFolder::Event::kErase, .seq = seq_, .call = call});
  for (auto& [name, device] : box.devices) device.cursors[folder].moves.push_back({.reset = true, .seq = 0, .call = call});
}

void EngineModel::FoldersSet(const std::string& mailbox, const std::vector<DeclaredFolder>& folders, AnswerPtr answer) {
  if (answer->answered() && absl::IsInvalidArgument(answer->status)) return;
  ModelMailbox& box = mailboxes_[mailbox];
  const CallPtr call = NewCall(std::move(answer), mailbox, true);
  if (box.declared && box.list == folders) {
    ++situations_["the same folder list again"];
    return;
  }
  box.hierarchy.emplace_back(seq_, call);
  auto contains = [](const std::vector<DeclaredFolder>& list, const std::string& id) {
    return std::any_of(list.begin(), list.end(), [&](const DeclaredFolder& folder) { return folder.id == id; });
  };
  for (const DeclaredFolder& old : box.list) {
    if (contains(folders, old.id)) continue;
    ++situations_["a declared folder is removed"];
    Replace(box, old.id, call);
    box.folders[old.id].item_class.reset();
  }
  for (const DeclaredFolder& declared : folders) {
    ModelFolder& folder = box.folders[declared.id];
    const bool there = folder.item_class == declared.item_class;
    if (folder.item_class && !there) Replace(box, declared.id, call);
    const bool new_to_list = !contains(box.list, declared.id);
    folder.item_class = declared.item_class;
    // A folder that was there undeclared, be it that a PING named it and it was suspected: whether declaring it creates it, no rule says.
    const bool suspected = std::any_of(folder.events.begin(), folder.events.end(), [](const auto& event) { return event.suspect; });
    if (!there || new_to_list) {
      const bool maybe = there || (!folder.named.empty() && suspected);
      folder.events.push_back({.kind = ModelFolder::Event::kChange, .seq = seq_, .call = call, .maybe = maybe});
    }
  }
  // What is there and not declared is outside the list: it may go or stay quietly.
  for (auto& [id, folder] : box.folders) {
    if (contains(folders, id) || !folder.item_class) continue;
    const CallPtr perhaps = NewCall(nullptr, mailbox, false);
    perhaps->unsure = true;
    folder.events.push_back({.kind = ModelFolder::Event::kErase, .seq = seq_, .call = perhaps});
  }
  box.declared = true;
  box.list = folders;
}

void EngineModel::Suspected(const std::optional<std::string>& mailbox, AnswerPtr answer) {
  const CallPtr call = NewCall(std::move(answer), mailbox.value_or(""), false);
  for (auto& [name, box] : mailboxes_) {
    if (mailbox && *mailbox != name) continue;
    for (auto& [id, folder] : box.folders) {
      folder.events.push_back({.kind = ModelFolder::Event::kChange,
                               .seq = seq_,
                               .call = call,
                               .suspect = true,
                               .of_all = !mailbox,
                               .maybe = !folder.item_class});
    }
  }
}

std::uint64_t EngineModel::NextHostVersion(const std::string& mailbox, const std::string& folder, bool repeat) {
  std::uint64_t highest = 0;
  for (const auto& event : mailboxes_[mailbox].folders[folder].events) highest = std::max(highest, event.host_version);
  return highest + (repeat ? 0 : 1);
}

// ---- Syncs -----------------------------------------------------------------------------------------------------------------------------

void EngineModel::SyncEnded(const std::string& mailbox, const std::string& device, Seq begun, const std::vector<std::string>& folders,
                            AnswerPtr answer) {
  const CallPtr call = NewCall(std::move(answer), mailbox, false);
  ModelMailbox& box = mailboxes_[mailbox];
  ModelDevice& state = box.devices[device];
  call->device = device;
  state.perhaps_known = true;
  for (const std::string& folder : folders) {
    const auto& item_class = box.folders[folder].item_class;
    if (item_class && Fits(box, folder, *item_class) && CursorOf(state, folder).low < begun) state.repeats = 0;
    state.cursors[folder].moves.push_back({.seq = begun, .call = call});
  }
}

void EngineModel::CursorReset(const std::string& mailbox, const std::string& device, const std::string& folder, AnswerPtr answer) {
  mailboxes_[mailbox].devices[device].cursors[folder].moves.push_back({.reset = true, .call = NewCall(std::move(answer), mailbox, false)});
}

std::pair<Seq, Seq> EngineModel::HierarchyNow(const std::string& mailbox) {
  const Bounds hierarchy = HierarchyOf(mailboxes_[mailbox]);
  return {hierarchy.low, hierarchy.high};
}

void EngineModel::FolderSyncEnded(const std::string& mailbox, const std::string& device, Seq from, Seq to, AnswerPtr answer) {
  ModelMailbox& box = mailboxes_[mailbox];
  ModelDevice& state = box.devices[device];
  const CallPtr call = NewCall(std::move(answer), mailbox, false);
  call->device = device;
  state.perhaps_known = true;
  if (!state.hierarchy.empty() && state.hierarchy.rbegin()->value_or(0) < from) state.repeats = 0;
  std::set<std::optional<Seq>> possible;
  for (const std::optional<Seq>& old : state.hierarchy) {
    possible.insert(std::max(old.value_or(0), from));
    possible.insert(std::max(old.value_or(0), to));
    for (const auto& [seq, unused] : box.hierarchy) {
      if (from < seq && seq < to) possible.insert(std::max(old.value_or(0), seq));
    }
  }
  state.folder_syncs.push_back({from, call, state.hierarchy});
  state.hierarchy = std::move(possible);
  state.hierarchy_ever.insert(state.hierarchy.begin(), state.hierarchy.end());
}

void EngineModel::CancelCalled(Ping ping, bool won) {
  auto found = held_.find(ping.number);
  if (found == held_.end()) {
    EXPECT_FALSE(won) << "Cancel won PING " << ping.number << " which had ended";
    ++situations_["a stale Cancel"];
    return;
  }
  EXPECT_TRUE(won || found->second.superseded) << "Cancel lost against nothing";
  found->second.cancelled = won;
}

// ---- Ending many, time -----------------------------------------------------------------------------------------------------------------

void EngineModel::Revoke(const std::string& mailbox, const std::string* device, std::size_t ended) {
  std::size_t expected = 0;
  std::size_t leaving = 0;  // superseded, and held back
  for (auto& [number, ping] : held_) {
    if (ping.spec.mailbox != mailbox || (device != nullptr && ping.spec.device != *device)) continue;
    ping.revoked = true;
    ++(ping.superseded ? leaving : expected);
  }
  EXPECT_GE(ended, expected) << "PINGs that EndDevice or EndMailbox says it ended";
  EXPECT_LE(ended, expected + leaving) << "PINGs that EndDevice or EndMailbox says it ended";
}

void EngineModel::DeviceEnded(const std::string& mailbox, const std::string& device, std::size_t ended) { Revoke(mailbox, &device, ended); }
void EngineModel::MailboxEnded(const std::string& mailbox, std::size_t ended) { Revoke(mailbox, nullptr, ended); }

void EngineModel::ShedCalled(std::size_t asked, std::size_t ended) {
  EXPECT_LE(ended, asked);
  const auto parked = std::count_if(held_.begin(), held_.end(),
                                    [this](const auto& held) { return !held.second.superseded && !Loading(held.second.spec.mailbox); });
  EXPECT_GE(ended, std::min<std::size_t>(asked, parked));
  for (auto& [number, ping] : held_) ping.shed = true;
  shed_ = ended;
}

void EngineModel::DrainCalled() {
  draining_ = true;
  for (auto& [number, ping] : held_) ping.drained = true;
}

void EngineModel::ClockJumped(Time from, Time to, std::optional<Time> promised) {
  if (to < from) {
    for (auto& [number, ping] : held_) ping.earliest -= from - to;
    for (auto& [name, box] : mailboxes_) {
      for (auto& [id, device] : box.devices) {
        for (auto& wake : device.wake_surely) {
          if (wake) *wake -= from - to;
        }
      }
    }
    ++situations_["the clock goes backwards"];
    return;
  }
  latest_now_ = std::max(latest_now_, to);
  // While something waits, the engine has looked at the clock each second.
  const Duration most = to - std::chrono::floor<std::chrono::seconds>(from);
  if (most <= 5s) return;
  const bool surely = promised && to - *promised > 5s;
  if (surely) ++situations_["a pause"];
  for (auto& [number, ping] : held_) {
    if (surely) ping.earliest += to - std::max(*promised, from);
    ping.latest += most;
    ping.latest_unread += most;
  }
  for (auto& [name, box] : mailboxes_) {
    for (auto& [id, device] : box.devices) {
      for (auto& wake : device.wake_perhaps) {
        if (wake) *wake += most;
      }
    }
  }
}

}  // namespace mailwake::testing
