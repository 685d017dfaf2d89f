// SPDX-License-Identifier: Apache-2.0
//
// What a device has: its cursors and its folder list.

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/src/plant.h"
#include "engine/src/records.h"
#include "engine/src/shard.h"

namespace mailwake {
namespace {

// A device's record is written again when it was last seen this long before.
constexpr auto kSeenAgain = std::chrono::hours(24);

}  // namespace

void Shard::WhenLoaded(const MailboxKey& id, Done&& done, Call call, Effects& effects) {
  Mailbox& mailbox = Enter(id);
  if (!mailbox.loading) return Finish(std::move(done), call(mailbox, effects), effects);
  if (!MayDefer(mailbox)) return effects.Call(std::move(done), TooManyWait());
  auto waiting = std::make_unique<std::pair<Done, Call>>(std::move(done), std::move(call));
  Defer(mailbox,
        [this, waiting = std::move(waiting)](const absl::Status& loaded, Mailbox& read, Effects& later) ABSL_NO_THREAD_SAFETY_ANALYSIS {
          Finish(std::move(waiting->first), loaded.ok() ? waiting->second(read, later) : loaded, later);
        });
}

void Shard::Finish(Done&& done, const absl::Status& status, Effects& effects) {
  if (status.ok() && outbox_.writes() && !Planted(Plant::kAcknowledgeEarly)) {
    outbox_.Wait(std::move(done));
  } else {
    effects.Call(std::move(done), status);
  }
}

DeviceNumber Shard::EnterDevice(Mailbox& mailbox, std::string_view id, bool& record) {
  const Limits& limits = context_.options.limits;
  const DeviceNumber found = mailbox.FindDevice(id);
  if ((found == kNoDevice || !mailbox.device(found).known) && mailbox.known_devices >= limits.devices_per_mailbox) return kNoDevice;
  const DeviceNumber number = found == kNoDevice ? mailbox.CreateDevice(id) : found;
  record = SeenNow(mailbox, mailbox.device(number));
  return number;
}

bool Shard::SeenNow(Mailbox& mailbox, Device& device) {
  const Duration again = std::min<Duration>(kSeenAgain, context_.options.age_out / 4);
  if (device.known && timeline_.clock() - Time(Duration(device.last_seen.ms())) < again) return false;
  if (!device.known) ++mailbox.known_devices;
  device.known = true;
  device.last_seen = PackedTime(timeline_.clock().time_since_epoch().count());
  return true;
}

void Shard::EndSync(const MailboxKey& id, const SyncTicket& ticket, std::span<const std::string_view> folders, Done&& done,
                    Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  Mailbox& mailbox = Enter(id);
  if (!mailbox.loading) {
    Finish(std::move(done), MoveCursors(mailbox, ticket.device, ticket.version, folders, effects), effects);
  } else {
    WhenLoaded(
        id, std::move(done),
        [this, device = std::string(ticket.device), version = ticket.version,
         owned = std::vector<std::string>(folders.begin(), folders.end())](Mailbox& read, Effects& later) ABSL_NO_THREAD_SAFETY_ANALYSIS {
          const std::vector<std::string_view> ids(owned.begin(), owned.end());
          return MoveCursors(read, device, version, ids, later);
        },
        effects);
  }
  Settle(effects);
}

absl::Status Shard::MoveCursors(Mailbox& mailbox, std::string_view device_id, Version ticket, std::span<const std::string_view> folders,
                                Effects& effects) {
  if (Planted(Plant::kTicketAtEnd)) ticket = last_version_;
  bool record = false;
  const DeviceNumber device_number = EnterDevice(mailbox, device_id, record);
  if (device_number == kNoDevice)
    return absl::ResourceExhaustedError(absl::StrCat("the mailbox has ", mailbox.known_devices, " devices, as many as it may"));
  moved_.Clear();
  FolderNumber number = kNoFolder;
  for (const std::string_view id : folders) {
    number = mailbox.FindFolder(id, number + 1);
    if (number == kNoFolder) {
      if (mailbox.declared || mailbox.living() >= context_.options.limits.folders_per_mailbox) continue;
      number = CreateFolder(mailbox, id, std::nullopt);
    }
    if (ticket > mailbox.cursor(device_number, number)) mailbox.SetCursor(device_number, number, ticket);
    mailbox.device(device_number).ForgetTold(number);
    moved_.Add(number);
  }
  Device& device = mailbox.device(device_number);
  if (!moved_.empty()) device.repeats = 0;
  MailboxWrite& write = Write(mailbox);
  if (record) AddDevice(mailbox, device, write);
  AddCursors(mailbox, device, moved_, write);
  ReconsiderDevice(device, effects);
  return absl::OkStatus();
}

void Shard::ResetCursor(const MailboxKey& id, std::string_view device_id, std::string_view folder, Done&& done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  WhenLoaded(
      id, std::move(done),
      [this, device_id = std::string(device_id), folder = std::string(folder)](Mailbox& mailbox, Effects& later)
          ABSL_NO_THREAD_SAFETY_ANALYSIS {
            const DeviceNumber device_number = mailbox.FindDevice(device_id);
            const FolderNumber number = mailbox.FindFolder(folder);
            if (device_number == kNoDevice || number == kNoFolder) return absl::OkStatus();  // there is no cursor to reset
            Device& device = mailbox.device(device_number);
            if (!device.known) return absl::OkStatus();  // nor here, and its record would be one too many
            if (Planted(Plant::kIgnoreReset)) return absl::OkStatus();
            mailbox.SetCursor(device_number, number, 0);
            device.ForgetTold(number);
            device.ForgetNamed(number);
            FolderSet reset;
            reset.Add(number);
            AddCursors(mailbox, device, reset, Write(mailbox));
            ReconsiderAll(mailbox, later);
            return absl::OkStatus();
          },
      effects);
  Settle(effects);
}

void Shard::BeginFolderSync(const MailboxKey& id, Engine::FolderListCallback done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  auto answer = std::make_shared<Engine::FolderListCallback>(std::move(done));
  WhenLoaded(
      id,
      [answer](absl::Status status) {
        if (!status.ok() && *answer) (*answer)(std::move(status));
      },
      [answer](Mailbox& mailbox, Effects& later) {
        auto list = std::make_shared<FolderList>();
        list->declared = mailbox.declared;
        list->version = mailbox.hierarchy.Get();
        std::vector<FolderNumber> declared;
        for (FolderNumber number = 0; number < mailbox.folder_count(); ++number) {
          if (mailbox.folder(number).alive() && mailbox.declaration(number) != nullptr) declared.push_back(number);
        }
        std::ranges::sort(declared, {}, [&mailbox](FolderNumber number) { return mailbox.declaration(number)->position; });
        for (const FolderNumber number : declared) {
          const Folder::Declaration& as = *mailbox.declaration(number);
          const ItemClass item_class = mailbox.folder(number).item_class().value_or(ItemClass::kEmail);
          list->folders.push_back({std::string(mailbox.FolderId(number)), as.name, item_class, as.type, as.parent});
        }
        // At once: a list need not be durable to be read.
        later.calls.push_back([answer = std::exchange(*answer, {}), list]() mutable {
          if (answer) answer(std::move(*list));
        });
        return absl::OkStatus();
      },
      effects);
  Settle(effects);
}

void Shard::EndFolderSync(const MailboxKey& id, std::string_view device_id, Version version, Done&& done, Effects& effects) {
  MutexLock lock(mutex_);
  Observe();
  WhenLoaded(
      id, std::move(done),
      [this, device_id = std::string(device_id), version](Mailbox& mailbox, Effects& later) ABSL_NO_THREAD_SAFETY_ANALYSIS {
        if (version > mailbox.hierarchy.Get()) return absl::InvalidArgumentError("that version of the folder list was never given out");
        bool record = false;  // written in any case
        const DeviceNumber number = EnterDevice(mailbox, device_id, record);
        if (number == kNoDevice) return absl::ResourceExhaustedError("the mailbox has as many devices as it may");
        Device& device = mailbox.device(number);
        if (!device.hierarchy_cursor || *device.hierarchy_cursor < version) {
          device.hierarchy_cursor = version;
          device.repeats = 0;
        }
        AddDevice(mailbox, device, Write(mailbox));
        ReconsiderDevice(device, later);
        return absl::OkStatus();
      },
      effects);
  Settle(effects);
}

// A device that has synced is no longer paced.
void Shard::ReconsiderDevice(const Device& device, Effects& effects) {
  for (const Slot slot : device.watches) {
    if (slot != kNoSlot) Reconsider(slot, effects);
  }
}

void Shard::Delivered(const MailboxKey& id, std::string_view device, PingId ping) {
  if (context_.options.acknowledge != Acknowledge::kPing) return;
  MutexLock lock(mutex_);
  Mailbox* mailbox = FindMailbox(id);
  const DeviceNumber number = mailbox == nullptr ? kNoDevice : mailbox->FindDevice(device);
  if (number == kNoDevice) return;
  Device& state = mailbox->device(number);
  // Its last PING may have ended in another way than the wake, which the device has not heard of then.
  if (state.last_id == ping && state.named() != nullptr && state.named()->id == ping) state.named()->delivered = true;
}

// The versions that the last wake named, not the folders' present ones.
void Shard::AcknowledgeNamed(Mailbox& mailbox, Device& device) {
  const DeviceNumber number = mailbox.NumberOf(device);
  for (const auto& [folder, version] : device.named()->folders) {
    if (version > mailbox.cursor(number, folder)) mailbox.SetCursor(number, folder, version);
    device.ForgetTold(folder);
  }
  device.ForgetNamed();
  device.repeats = 0;
}

}  // namespace mailwake
