// SPDX-License-Identifier: Apache-2.0
//
// mailwake-sim: plays seeds, says which promises were broken and how often each was at stake.

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "tests/sim/cut.h"
#include "tests/sim/last_words.h"
#include "tests/sim/plants.h"
#include "tests/sim/profile.h"
#include "tests/sim/report.h"
#include "tests/sim/shrink.h"

namespace mailwake::sim {
namespace {

using Clock = std::chrono::steady_clock;

double Since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

struct Arguments {
  std::optional<std::uint64_t> seed;
  std::uint64_t from = 1;
  std::optional<std::uint64_t> seeds;
  std::optional<double> minutes;
  bool json = false;
  bool table = false;
  bool keep_going = false;
  std::string plant;
  std::string broken;  // a plant that nobody looks for
  double seed_timeout_s = 600;
  double shrink_s = 20;
  Cut cut;
};

// Redrawn in place, twice a second, and only for people.
class Progress {
 public:
  void Show(std::uint64_t seed, const Totals& totals, double seconds) {
    if (!terminal_ || seconds - shown_ < 0.5) return;
    shown_ = seconds;
    std::fprintf(stderr, "\rseed %llu: %llu played, %llu broken, %.0f device-hours, %.0f s ", static_cast<unsigned long long>(seed),
                 static_cast<unsigned long long>(totals.seeds), static_cast<unsigned long long>(totals.violations), totals.device_hours,
                 seconds);
  }
  void Clear() {
    if (terminal_ && shown_ > 0) std::fprintf(stderr, "\r\033[K");
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  double shown_ = 0;
};

// The command that plays the seed again.
std::string Replay(const Arguments& arguments, const std::string& program, std::uint64_t seed, const Cut& cut) {
  return program + " --seed " + std::to_string(seed) + (arguments.plant.empty() ? "" : " --plant " + arguments.plant) +
         (arguments.broken.empty() ? "" : " --break " + arguments.broken) + Flags(cut);
}

// What is left of a world that broke when all is gone that it does not need. In a process of its own: a world that was tried may die, or
// not end. False: nothing was told.
bool TellShrunk(const Arguments& arguments, const std::string& program, const SeedResult& broken) {
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    WhenDying("a smaller world", "", 1);
    WhenLate(arguments.shrink_s + 10, "a smaller world does not end");
    const Shrunk small = Shrink(arguments.cut, broken, std::chrono::duration<double>(arguments.shrink_s));
    std::cerr << "in a smaller world (" << small.tried << " were tried):\n";
    PrintViolation(small.result, Replay(arguments, program, broken.seed, small.cut), std::cerr);
    _exit(0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void Tell(const Arguments& arguments, const std::string& program, const SeedResult& broken) {
  const std::string replay = Replay(arguments, program, broken.seed, arguments.cut);
  std::cerr << Sentence(broken) << "\n  again: " << replay << std::endl;
  if (arguments.shrink_s == 0 || !TellShrunk(arguments, program, broken)) PrintViolation(broken, replay, std::cerr);
}

Totals Play(const Arguments& arguments, const std::string& program) {
  const auto began = Clock::now();
  Totals totals;
  Progress progress;
  const std::uint64_t first = arguments.seed.value_or(arguments.from);
  const std::uint64_t count = arguments.seed ? 1 : arguments.seeds.value_or(arguments.minutes ? UINT64_MAX : 100);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (arguments.minutes && Since(began) >= *arguments.minutes * 60) break;
    const std::string name = "seed " + std::to_string(first + i);
    const std::string again = "\n  again: " + Replay(arguments, program, first + i, arguments.cut);
    WhenDying(name, again, std::nullopt);
    WhenLate(arguments.seed_timeout_s, absl::StrCat(name, ": does not end in ", arguments.seed_timeout_s, " s", again));
    const SeedResult result = RunSeed(first + i, arguments.cut);
    WhenLate(0, {});
    totals.Add(result);
    if (result.violation) {
      progress.Clear();
      Tell(arguments, program, result);
      if (!arguments.keep_going) break;
    }
    progress.Show(first + i, totals, Since(began));
  }
  progress.Clear();
  totals.seconds = Since(began);
  return totals;
}

// Plays seeds until one breaks a promise that it does not break without the plant. The exit code.
int LookForPlant(const Arguments& arguments, const std::string& program) {
  const auto began = Clock::now();
  const std::string name = "plant " + arguments.plant;
  const std::uint64_t first = arguments.seed.value_or(arguments.from);
  const std::uint64_t count = arguments.seed ? 1 : arguments.seeds.value_or(UINT64_MAX);
  const double most_s = arguments.minutes.value_or(1) * 60;
  const bool in_sqlite = arguments.plant.starts_with("sqlite-");
  std::uint64_t played = 0;
  for (std::uint64_t i = 0; i < count && Since(began) < most_s; ++i) {
    const std::uint64_t seed = first + i;
    // A real disk is slow: only for what is broken in its store, which does not show elsewhere.
    if (!arguments.seed && DrawProfile(seed).sqlite != in_sqlite) continue;
    ++played;
    const std::string found = name + ": found by seed " + std::to_string(seed);
    const bool by_death = ShowsByDeath(arguments.plant);
    WhenDying(by_death ? found : name + ": not found: seed " + std::to_string(seed), by_death ? "" : ", and that is not how it should show",
              by_death ? 0 : 1);
    WhenLate(std::min(most_s - Since(began), arguments.seed_timeout_s),
             name + ": not found: seed " + std::to_string(seed) + " has not ended when the time was over");
    const SeedResult result = RunSeed(seed, arguments.cut);
    if (!result.violation) continue;
    PullPlant();
    const bool anyway = RunSeed(seed, arguments.cut).violation.has_value();
    TakePlant(arguments.plant);
    if (anyway) {
      std::cerr << Sentence(result) << "\n  not the plant's: it breaks without too\n";
      continue;
    }
    WhenLate(0, {});
    Tell(arguments, program, result);
    std::cerr << found << ": " << Shape(*result.violation) << " (after " << Since(began) << " s)\n";
    return 0;
  }
  std::cerr << name << ": not found by " << played << " seeds in " << Since(began) << " s\n";
  return 1;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Plays mailwake's engine, its ActiveSync front end and its stores in simulated worlds: one seed, one world, in virtual time. Each "
      "seed\n"
      "draws its devices, networks and faults. Promises P1 to P8 are checked from outside; exit 1 if one was broken.\n");
  app.add_option("--seed", arguments.seed, "Play this seed alone");
  app.add_option("--seeds", arguments.seeds, "Play so many seeds (100)");
  app.add_option("--from", arguments.from, "The first seed (1)");
  app.add_option("--minutes", arguments.minutes, "Play seeds for so long");
  app.add_flag("--json", arguments.json, "One JSON object on standard output");
  app.add_flag("--table", arguments.table, "How often each promise was at stake, as a table for docs/promises.md");
  app.add_flag("--keep-going", arguments.keep_going, "Do not stop at the first broken promise");
  app.add_option("--plant", arguments.plant,
                 "Break the code in one place and look for it: exit 0 and the seed when it is found within 60 s, 1 when not. `list`: the "
                 "names");
  app.add_option("--break", arguments.broken, "Break the code in one place, and play as if it were whole");
  app.add_option("--seed-timeout", arguments.seed_timeout_s, "Exit 1 if a seed takes more seconds (600)");
  CLI::Option* const shrink = app.add_option("--shrink", arguments.shrink_s,
                                             "Look so many seconds for a smaller world that breaks the same promise (20; 0: do not)");
  app.add_option("--without", arguments.cut.without, "Leave these out of the world, with commas between: " + absl::StrJoin(CutNames(), ","))
      ->delimiter(',');
  app.add_option("--mailboxes", arguments.cut.mailboxes, "At most so many")->check(CLI::PositiveNumber);
  app.add_option("--devices", arguments.cut.devices, "At most so many of a mailbox")->check(CLI::PositiveNumber);
  app.add_option("--folders", arguments.cut.folders, "At most so many of a mailbox")->check(CLI::PositiveNumber);
  app.add_option("--chances", arguments.cut.chances, "Other chances in the same world");
  app.add_option("--until", arguments.cut.until_s, "Changes and faults come for at most so many seconds")->check(CLI::PositiveNumber);
  app.footer(
      "Examples:\n  mailwake-sim --seed 42             replay one world\n  mailwake-sim --minutes 10 --json   as many as fit into ten "
      "minutes\n  mailwake-sim --plant list          what can be broken on purpose");
  CLI11_PARSE(app, argc, argv);
  if (const std::string unknown = FirstUnknown(arguments.cut); !unknown.empty()) {
    std::cerr << "nothing is called " << unknown << "; --without takes " << absl::StrJoin(CutNames(), ",") << '\n';
    return 2;
  }
  if (arguments.plant == "list") return ListPlants();
  const std::string& planted = arguments.plant.empty() ? arguments.broken : arguments.plant;
  if (!planted.empty()) {
    if (const int error = TakePlant(planted); error != 0) return error;
  }
  if (shrink->empty() && (arguments.keep_going || !arguments.plant.empty())) arguments.shrink_s = 0;
  if (!arguments.plant.empty()) return LookForPlant(arguments, argv[0]);

  const Totals totals = Play(arguments, argv[0]);
  if (arguments.json) {
    std::cout << ToJson(totals) << '\n';
  } else if (arguments.table) {
    PrintTable(totals, std::cout);
  } else {
    Print(totals, std::cout);
  }
  return totals.violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace mailwake::sim

int main(int argc, char** argv) { return mailwake::sim::Main(argc, argv); }
