// SPDX-License-Identifier: Apache-2.0
//
// Operator: who breaks things: kills and restarts the server, drains it, lets its disk fail, sets its clock, suspects mailboxes, ends
// PINGs.
//
// Threads:    one thread.
// Example:    op.Start(); ... op.Calm();

#ifndef MAILWAKE_TESTS_SIM_OPERATOR_H_
#define MAILWAKE_TESTS_SIM_OPERATOR_H_

#include <cstdint>

#include "tests/sim/world.h"

namespace mailwake::sim {

class Operator {
 public:
  explicit Operator(World& world) : world_(world) {}

  void Start();
  // A change has just been published: the moment at which a crash hurts most.
  void Published();
  // Mends everything.
  void Calm();

 private:
  // Does `act` again and again, once in `mean_ms` on average.
  template <typename Act>
  void Often(std::int64_t mean_ms, Act act);
  void OpenLater();
  void KillServer();
  void KillNow();
  void RestartServer();
  void BreakDisk();
  void JumpClock();
  void Suspect();
  void Revoke();

  World& world_;
  bool lies_in_wait_ = false;
};

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_OPERATOR_H_
