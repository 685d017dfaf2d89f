// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/operator.h"

#include <algorithm>
#include <utility>

#include "tests/sim/server.h"

namespace mailwake::sim {

template <typename Act>
void Operator::Often(std::int64_t mean_ms, Act act) {
  if (mean_ms == 0) return;
  world_.queue.After(Duration(world_.random.Exponential(static_cast<double>(mean_ms))), [this, mean_ms, act] {
    if (world_.calm) return;
    act();
    Often(mean_ms, act);
  });
}

void Operator::Start() {
  const Profile& profile = world_.profile;
  Often(profile.kill_mean_ms, [this] { KillServer(); });
  Often(profile.restart_mean_ms, [this] { RestartServer(); });
  Often(profile.store_fails_mean_ms, [this] { BreakDisk(); });
  Often(profile.jump_mean_ms, [this] { JumpClock(); });
  Often(profile.suspect_mean_ms, [this] { Suspect(); });
  Often(profile.revoke_mean_ms, [this] { Revoke(); });
}

void Operator::Calm() {
  Server& server = *world_.server;
  if (!server.up()) server.Open();
  server.SetFailing({});
  server.store().set_fails_one(0);
  server.store().set_quick();
}

void Operator::OpenLater() {
  world_.queue.After(Duration(world_.random.Between(1, world_.profile.down_ms)), [this] {
    if (!world_.server->up()) world_.server->Open();
  });
}

void Operator::KillServer() {
  if (world_.random.Chance(0.6)) {
    lies_in_wait_ = true;
  } else {
    KillNow();
  }
}

void Operator::Published() {
  if (!std::exchange(lies_in_wait_, false) || world_.calm) return;
  world_.queue.After(Duration(world_.random.Between(0, world_.profile.store_ms)), [this] {
    if (!world_.calm) KillNow();
  });
}

void Operator::KillNow() {
  if (!world_.server->up()) return;
  world_.server->Kill(world_.random.Chance(0.6));
  OpenLater();
}

// A drain, a flush, and the next server on the same disk: one part of a rolling restart.
void Operator::RestartServer() {
  Server& server = *world_.server;
  if (!server.up() || server.draining()) return;
  server.Drain(Duration(world_.profile.drain_ms));
  const std::uint64_t life = server.life();
  world_.queue.After(Duration(world_.profile.drain_ms + world_.random.Between(1, 1'000)), [this, life] {
    if (!world_.server->up() || world_.server->life() != life) return;
    world_.server->Close();
    OpenLater();
  });
}

void Operator::BreakDisk() {
  if (!world_.server->up()) return;
  SlowStore::Failing failing{.commits = true};
  if (world_.random.Chance(world_.profile.store_full)) {
    failing.full = true;
  } else {
    failing.loads = world_.random.Chance(0.7);
    failing.commits = !failing.loads || world_.random.Chance(0.5);
  }
  world_.server->SetFailing(failing);
  world_.queue.After(Duration(world_.random.Exponential(30'000)), [this] { world_.server->SetFailing({}); });
}

void Operator::JumpClock() {
  Random& random = world_.random;
  const std::int64_t size = random.Pick({500, 2'000, 20'000, 3'600'000});
  // Backwards only a little: the engine stands still until its clock has caught up, and nobody would live to see it.
  world_.server->JumpClock(random.Between(-std::min<std::int64_t>(size, 20'000), size));
}

void Operator::Suspect() {
  Server& server = *world_.server;
  if (!server.up()) return;
  std::optional<int> mailbox;
  if (world_.random.Chance(0.7)) mailbox = static_cast<int>(world_.random.Below(static_cast<std::size_t>(world_.profile.mailboxes)));
  const std::string name = mailbox ? MailboxName(*mailbox) : std::string();
  struct Said {
    Seq seq = 0;
    std::optional<bool> ok;
  };
  auto said = std::make_shared<Said>();
  server.engine().Suspect(mailbox ? std::optional<std::string_view>(name) : std::nullopt,
                          [this, said, mailbox, life = server.life()](const absl::Status& status) {
                            said->ok = status.ok();
                            if (said->seq != 0 && life == world_.server->life())
                              world_.model.SuspectAnswered(mailbox, said->seq, *said->ok);
                          });
  said->seq = world_.model.Suspected(mailbox, !mailbox || server.Readable(*mailbox));
  if (said->ok) world_.model.SuspectAnswered(mailbox, said->seq, *said->ok);
  server.Settle(mailbox.value_or(kNone));
}

void Operator::Revoke() {
  Server& server = *world_.server;
  if (!server.up()) return;
  Random& random = world_.random;
  const auto mailbox = static_cast<int>(random.Below(static_cast<std::size_t>(world_.profile.mailboxes)));
  world_.history.Add({.time = world_.queue.now(), .what = What::kEndDevice, .mailbox = static_cast<std::int16_t>(mailbox)});
  switch (random.Below(3)) {
    case 0: {
      const auto device = static_cast<int>(random.Below(static_cast<std::size_t>(world_.profile.devices_most)));
      world_.model.Revoked(mailbox, device);
      server.engine().EndDevice(MailboxName(mailbox), DeviceName(device));
      break;
    }
    case 1:
      world_.model.Revoked(mailbox, std::nullopt);
      server.engine().EndMailbox(MailboxName(mailbox));
      break;
    default:
      world_.model.Shed();
      server.engine().Shed(random.Below(8));
      server.Settle(kNone);
      world_.model.ShedOver();
      return;
  }
  server.Settle(mailbox);
}

}  // namespace mailwake::sim
