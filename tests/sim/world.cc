// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/world.h"

#include "tests/sim/device.h"
#include "tests/sim/operator.h"
#include "tests/sim/plants.h"
#include "tests/sim/publisher.h"
#include "tests/sim/server.h"

namespace mailwake::sim {
namespace {

constexpr Duration kSweepEvery = std::chrono::seconds(20);
// After the faults: time enough for the longest heartbeat, the longest window and the longest pacing.
constexpr Duration kCalm = std::chrono::minutes(90);
constexpr Duration kCalmStep = std::chrono::minutes(5);

}  // namespace

World::World(const Profile& drawn)
    : profile(drawn), random(drawn.seed), model(profile, queue.clock(), history, stakes), host(static_cast<std::size_t>(drawn.mailboxes)) {
  server = std::make_unique<Server>(*this);
  publisher = std::make_unique<Publisher>(*this);
  op = std::make_unique<Operator>(*this);
  queue.set_ticked([this] { server->Observe(); });
  SetPlantedYield([this](std::string_view mailbox) { publisher->Interrupt(NumberOf(mailbox)); });
  MakeMailboxes();
}

World::~World() {
  SetPlantedYield(nullptr);
  server.reset();  // it says goodbye to the others
}

void World::MakeMailboxes() {
  for (int number = 0; number < profile.mailboxes; ++number) {
    MailHost::Mailbox& mailbox = host.mailbox(number);
    mailbox.declared = random.Chance(profile.declared);
    mailbox.host_versions = random.Chance(profile.host_versions);
    const std::int64_t folders = random.Between(1, profile.folders_most);
    for (std::int64_t i = 0; i < folders; ++i) {
      mailbox.folders.push_back({.item_class = i == 0 ? ItemClass::kEmail : static_cast<ItemClass>(random.Below(kItemClasses))});
    }
    const auto there = static_cast<int>(random.Between(1, profile.devices_most));
    const bool twins = random.Chance(profile.shared_id);
    for (int device = 0; device < there; ++device) {
      const bool active_sync = random.Chance(profile.active_sync);
      const bool twin = twins && device == 0;
      devices.push_back(std::make_unique<Device>(*this, number, device, active_sync, twin));
      if (twin) devices.push_back(std::make_unique<Device>(*this, number, device, active_sync, twin));
    }
  }
}

double World::device_hours() const {
  return std::chrono::duration<double, std::ratio<3600>>(queue.now() - start).count() * static_cast<double>(devices.size());
}

void World::RunUntil(Time end) {
  while (!over() && queue.RunOne(end)) ++events;
}

void World::Sweep() {
  if (model.violation()) return;
  server->CheckBounds();
  queue.After(kSweepEvery, [this] { Sweep(); });
}

void World::Run(std::uint64_t most_events) {
  most_events_ = most_events;
  server->Open();
  publisher->Start();
  op->Start();
  for (const auto& device : devices) device->Start();
  Sweep();
  RunUntil(start + Duration(profile.active_ms));
  if (over()) return;

  history.Add({.time = queue.now(), .what = What::kCalm});
  calm = true;
  op->Calm();
  for (const auto& device : devices) device->Behave();
  const Time end = queue.now() + kCalm;
  // Whoever has everything before has it then too: nothing more happens.
  const auto missing = [this] {
    if (!publisher->done()) return true;
    for (const auto& device : devices) {
      if (!device->shared && device->Missing(*this)) return true;
    }
    return false;
  };
  while (!over() && queue.now() < end && missing()) RunUntil(queue.now() + kCalmStep);
  if (!over()) CompareDevices();
  if (!over()) CheckLeaks();
}

void World::CompareDevices() {
  if (!publisher->done()) return model.Fail(0, kNone, kNone, "liveness: a change is still not acknowledged after the faults");
  for (const auto& device : devices) {
    if (device->shared) continue;
    stakes.Count(Stake::kCaughtUp);
    if (const auto lacks = device->Missing(*this)) {
      return model.Fail(0, device->mailbox, device->id, "liveness: after the faults the device " + *lacks);
    }
  }
}

void World::CheckLeaks() {
  for (const auto& device : devices) device->Leave();
  server->HangUpAll();
  RunUntil(queue.now() + std::chrono::minutes(3));
  if (!over()) server->CheckLeaks();
}

}  // namespace mailwake::sim
