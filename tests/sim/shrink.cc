// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/shrink.h"

#include <algorithm>
#include <utility>

namespace mailwake::sim {
namespace {

class Shrinker {
 public:
  Shrinker(const Cut& cut, const SeedResult& broken, std::chrono::duration<double> most)
      : best_{.cut = cut, .result = broken},
        shape_(Shape(*broken.violation)),
        first_events_(broken.events),
        end_(Clock::now() + std::chrono::duration_cast<Clock::duration>(most)) {}

  // First what it needs at all, then where that breaks soonest.
  Shrunk Run() {
    while (Round()) {
    }
    while (Soonest()) {
      sooner_ = true;
      while (Round()) {
      }
    }
    return std::move(best_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  // A world that lacks something is another history, in which nothing may happen to break: so many are tried.
  static constexpr std::uint64_t kHistories = 16;
  static constexpr std::uint64_t kSoonest = 1'000;

  // True: it still breaks, and that is what it is cut to now.
  bool TryOnce(const Cut& cut, std::size_t most_lines) {
    if (Clock::now() >= end_) return false;
    ++best_.tried;
    SeedResult result = RunSeed(best_.result.seed, cut, 2 * first_events_);
    if (!result.violation || Shape(*result.violation) != shape_ || result.story_length > most_lines) return false;
    best_.cut = cut;
    best_.result = std::move(result);
    return true;
  }

  bool Try(Cut cut) {
    for (std::uint64_t history = 0; history < kHistories; ++history, ++cut.chances) {
      if (TryOnce(cut, sooner_ ? best_.result.story_length : SIZE_MAX)) return true;
    }
    return false;
  }

  // Of what is there, halves, then quarters, and at last one by one.
  bool LeaveOut() {
    std::vector<std::string> there;
    for (const std::string& name : CutNames()) {
      Cut cut = best_.cut;
      cut.without.push_back(name);
      Profile profile = DrawProfile(best_.result.seed);
      Apply(cut, profile);
      if (Describe(profile) != Describe(best_.result.profile)) there.push_back(name);
    }
    bool smaller = false;
    for (std::size_t chunk = there.size(); chunk > 0; chunk /= 2) {
      for (std::size_t i = 0; i < there.size();) {
        const auto from = there.begin() + static_cast<std::ptrdiff_t>(i);
        const auto to = from + static_cast<std::ptrdiff_t>(std::min(chunk, there.size() - i));
        Cut cut = best_.cut;
        cut.without.insert(cut.without.end(), from, to);
        if (Try(cut)) {
          smaller = true;
          there.erase(from, to);
        } else {
          i += chunk;
        }
      }
    }
    return smaller;
  }

  // The smallest number that will do.
  bool Fewer(std::optional<int> Cut::*most, int now) {
    for (int number = 1; number < now; number = number < 4 ? number + 1 : number * 2) {
      Cut cut = best_.cut;
      cut.*most = number;
      if (Try(cut)) return true;
    }
    return false;
  }

  bool Shorter() {
    bool smaller = false;
    for (bool shorter = true; shorter && best_.result.profile.active_ms >= 2'000;) {
      Cut cut = best_.cut;
      cut.until_s = best_.result.profile.active_ms / 2'000;
      shorter = Try(cut);
      smaller |= shorter;
    }
    return smaller;
  }

  bool Soonest() {
    bool smaller = false;
    for (std::uint64_t chances = 1; chances < kSoonest; ++chances) {
      Cut cut = best_.cut;
      cut.chances = chances;
      smaller |= TryOnce(cut, best_.result.story_length - 1);
    }
    return smaller;
  }

  bool Round() {
    bool smaller = Fewer(&Cut::mailboxes, best_.result.profile.mailboxes);
    smaller |= Fewer(&Cut::devices, best_.result.profile.devices_most);
    smaller |= LeaveOut();
    smaller |= Fewer(&Cut::folders, best_.result.profile.folders_most);
    return Shorter() || smaller;
  }

  Shrunk best_;
  bool sooner_ = false;
  const std::string shape_;
  const std::uint64_t first_events_;  // a world that takes much longer is not a smaller one
  const Clock::time_point end_;
};

}  // namespace

Shrunk Shrink(const Cut& cut, const SeedResult& broken, std::chrono::duration<double> most) { return Shrinker(cut, broken, most).Run(); }

}  // namespace mailwake::sim
