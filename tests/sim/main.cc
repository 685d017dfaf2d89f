// SPDX-License-Identifier: Apache-2.0
//
// mailwake-sim: plays seeds, says which promises were broken and how often each was at stake.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>

#include "tests/sim/plants.h"
#include "tests/sim/profile.h"
#include "tests/sim/report.h"

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
  bool keep_going = false;
  std::string plant;
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

// What dies is found too: by the seed that was being played.
volatile std::sig_atomic_t exit_when_dying = 0;
char last_words[200];

void Die(int signal) {
  const auto ignored = write(STDERR_FILENO, last_words, std::strlen(last_words));
  (void)ignored;
  if (exit_when_dying != 0) _exit(0);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void PrepareToDie(std::uint64_t seed, const std::string& replay, bool planted) {
  std::snprintf(last_words, sizeof last_words, "\nseed %llu: the process dies\n  again: %s\n", static_cast<unsigned long long>(seed),
                replay.c_str());
  exit_when_dying = planted;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) std::signal(signal, Die);
}

Totals Play(const Arguments& arguments, const std::string& program) {
  const auto began = Clock::now();
  Totals totals;
  Progress progress;
  const std::uint64_t first = arguments.seed.value_or(arguments.from);
  const std::uint64_t count = arguments.seed ? 1 : arguments.seeds.value_or(arguments.minutes ? UINT64_MAX : 100);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (arguments.minutes && Since(began) >= *arguments.minutes * 60) break;
    const std::string replay =
        program + " --seed " + std::to_string(first + i) + (arguments.plant.empty() ? "" : " --plant " + arguments.plant);
    PrepareToDie(first + i, replay, !arguments.plant.empty());
    const SeedResult result = RunSeed(first + i);
    totals.Add(result);
    if (result.violation) {
      progress.Clear();
      PrintViolation(result, replay, std::cerr);
      if (!arguments.keep_going) break;
    }
    progress.Show(first + i, totals, Since(began));
  }
  progress.Clear();
  totals.seconds = Since(began);
  return totals;
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
  app.add_flag("--keep-going", arguments.keep_going, "Do not stop at the first broken promise");
  app.add_option(
      "--plant", arguments.plant,
      "Break the code in one place and look for it: exit 0 and the seed when it is found within 60 s, 1 when not. `list`: the names");
  app.footer(
      "Examples:\n  mailwake-sim --seed 42             replay one world\n  mailwake-sim --minutes 10 --json   as many as fit into ten "
      "minutes\n  mailwake-sim --plant list          what can be broken on purpose");
  CLI11_PARSE(app, argc, argv);
  if (!arguments.plant.empty()) {
    if (arguments.plant == "list") return ListPlants();
    if (const int error = TakePlant(arguments.plant); error != 0) return error;
    if (!arguments.seed && !arguments.seeds && !arguments.minutes) arguments.minutes = 1;
  }

  const Totals totals = Play(arguments, argv[0]);
  if (arguments.json) {
    std::cout << ToJson(totals) << '\n';
  } else {
    Print(totals, std::cout);
  }
  if (arguments.plant.empty()) return totals.violations == 0 ? 0 : 1;
  if (totals.violations == 0) {
    std::cerr << "plant " << arguments.plant << ": not found by " << totals.seeds << " seeds\n";
    return 1;
  }
  std::cerr << "plant " << arguments.plant << ": found by seed " << totals.broken[0] << " after " << totals.seconds << " s\n";
  return 0;
}

}  // namespace
}  // namespace mailwake::sim

int main(int argc, char** argv) { return mailwake::sim::Main(argc, argv); }
