// SPDX-License-Identifier: Apache-2.0
//
// World: everything that one seed makes: the mail host, the server, the devices and their networks, the publishers, the operator who breaks
// things, the model that judges, and the one queue of events that they all live by.
//
// Threads:    one thread.
// Invariants: a seed makes the same history on every run.
// Example:    World world(DrawProfile(42)); world.Run(); if (world.model.violation()) ...

#ifndef MAILWAKE_TESTS_SIM_WORLD_H_
#define MAILWAKE_TESTS_SIM_WORLD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/sim/event_queue.h"
#include "tests/sim/history.h"
#include "tests/sim/mail_host.h"
#include "tests/sim/model.h"
#include "tests/sim/profile.h"
#include "tests/sim/random.h"
#include "tests/sim/stakes.h"

namespace mailwake::sim {

class Device;
class Operator;
class Publisher;
class Server;

class World {
 public:
  explicit World(const Profile& drawn);
  ~World();

  // The whole life of the world, or until a promise is broken or `most_events` have happened.
  void Run(std::uint64_t most_events = UINT64_MAX);

  const Profile profile;
  Random random;
  EventQueue queue;
  const Time start = queue.now();
  History history;
  Stakes stakes;
  Model model;
  MailHost host;
  bool calm = false;  // no more faults: everything works, and everybody behaves
  std::unique_ptr<Server> server;
  std::unique_ptr<Publisher> publisher;
  std::unique_ptr<Operator> op;
  std::vector<std::unique_ptr<Device>> devices;

  std::uint64_t ends = 0;    // of PINGs in the engine
  std::uint64_t events = 0;  // that have happened
  double device_hours() const;

 private:
  bool over() const { return model.violation() || events >= most_events_; }
  void MakeMailboxes();
  void RunUntil(Time end);
  void Sweep();
  void CompareDevices();
  void CheckLeaks();

  std::uint64_t most_events_ = UINT64_MAX;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_WORLD_H_
