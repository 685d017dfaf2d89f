// SPDX-License-Identifier: Apache-2.0
//
// ModelPlayer: random operations from a seed, played on the engine and told to the model. The seed also chooses the options (limits,
// windows, how many mailboxes stay in memory), and what the run may meet: a slow store, a failing one, crashes, clocks that jump.
//
// Threads:    one thread.
// Example:    ModelPlayer player(seed, situations); while (player.operations() < 1000 && !HasFailure()) player.Step();

#ifndef MAILWAKE_TESTS_SUPPORT_ENGINE_MODEL_PLAYER_H_
#define MAILWAKE_TESTS_SUPPORT_ENGINE_MODEL_PLAYER_H_

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/engine_model.h"

namespace mailwake::testing {

// What the seed chooses.
struct PlayerSetup {
  Options options;
  std::size_t mailboxes = 2;
  std::size_t devices = 2;
  bool forgetful = false;  // mailboxes leave memory
  bool tight = false;      // limits that are met
  bool slow_store = false;
  bool failing_store = false;
  bool clock_jumps = false;
  bool host_versions = false;
  bool nested = false;  // end callbacks hold the next PING
  bool two_loops = false;
};

PlayerSetup SetupOf(std::uint64_t seed);

// Random numbers from a seed; or, for a fuzzer, bytes that are taken for them, two a number, and zeros after the last.
class Dice {
 public:
  Dice(std::uint64_t seed, std::optional<std::string_view> bytes) : random_(seed), bytes_(bytes) {}

  std::uint64_t operator()() {
    if (!bytes_) return random_();
    std::uint64_t number = 0;
    for (int i = 0; i < 2 && !bytes_->empty(); ++i) {
      number = number << 8 | static_cast<unsigned char>(bytes_->front());
      bytes_->remove_prefix(1);
    }
    return number;
  }
  bool done() const { return bytes_ && bytes_->empty(); }

 private:
  std::mt19937_64 random_;
  std::optional<std::string_view> bytes_;
};

class ModelPlayer {
 public:
  // `choices`, if given, must outlive the player.
  ModelPlayer(std::uint64_t seed, Situations& situations, std::optional<std::string_view> choices = std::nullopt);

  // One operation, and the comparison after it.
  void Step();
  // Everything is written, read back and compared.
  void Finish();
  std::size_t operations() const { return operations_; }
  bool done() const { return random_.done(); }  // no choices are left
  // The last 40 operations.
  std::string History() const;

 private:
  struct OpenSync {
    SyncTicket ticket;
    Seq begun;
  };
  struct OpenFolderSync {
    std::string mailbox;
    Seq from;
    Seq to;
    Version version;
  };

  bool Chance(unsigned per_mille) { return random_() % 1000 < per_mille; }
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  template <typename List>
  const auto& Pick(const List& list) {
    return list[Below(list.size())];
  }
  std::string Mailbox() { return "box" + std::to_string(Below(setup_.mailboxes)); }
  std::string Device() { return "dev" + std::to_string(Below(setup_.devices)); }
  std::string Folder(const std::string& mailbox);
  std::vector<std::string> Folders(const std::string& mailbox);
  ItemClass ClassIn(const std::string& mailbox, const std::string& folder) const;
  bool Calm(const std::string& mailbox) const;
  bool Remembers(const HoldSpec& spec) const;

  void PlayHold();
  void HoldNow(const HoldSpec& spec);
  void MakeWrong(HoldSpec& spec);
  void PlayCancel();
  void PlayPublish();
  void PublishNow(const std::vector<std::pair<std::string, std::string>>& places);
  void PlayBadPublish();
  void PlaySync();
  void PlayBeginSync();
  void PlayEndSync();
  void EndSyncNow(const OpenSync& sync, const std::vector<std::string>& folders);
  void PlayForgedTicket();
  void PlayReset();
  void PlaySetFolders();
  void PlayBeginFolderSync();
  void PlayEndFolderSync();
  void PlaySuspect();
  void PlayEndMany();
  void PlayShed();
  void PlayDrain();
  void PlayClock();
  void PlayJump();
  void PlayStore();
  void PlayFailures();
  void PlayRestart();
  void PlayExplain();

  void Log(std::string line);
  void OnEnd(const Ended& end);

  const PlayerSetup setup_;
  Dice random_;
  Situations& situations_;
  EngineWorld world_;
  EngineModel model_;
  std::vector<LoopId> loops_{0};
  std::vector<OpenSync> syncs_;
  std::vector<OpenFolderSync> folder_syncs_;
  std::deque<std::string> history_;
  std::size_t operations_ = 0;
  std::size_t drained_at_ = 0;
  std::size_t first_of_life_ = 0;  // the first PING of the engine that runs now
  int nested_ = 0;                 // PINGs that were held in callbacks of this step
  bool restarting_ = false;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_SUPPORT_ENGINE_MODEL_PLAYER_H_
