// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/report.h"

#include <ctime>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "tests/sim/device.h"
#include "tests/sim/operator.h"
#include "tests/sim/profile.h"
#include "tests/sim/publisher.h"
#include "tests/sim/server.h"
#include "tests/sim/world.h"

namespace mailwake::sim {
namespace {

constexpr std::size_t kStoryLength = 400;
constexpr std::size_t kMostBroken = 20;

std::string WithCommas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace

SeedResult RunSeed(std::uint64_t seed, const Cut& cut, std::uint64_t most_events) {
  const std::clock_t began = std::clock();
  SeedResult result{.seed = seed, .profile = DrawProfile(seed)};
  Apply(cut, result.profile);
  {
    World world(result.profile);
    world.Run(most_events);
    result.violation = world.model.violation();
    result.stakes = world.stakes;
    result.device_hours = world.device_hours();
    result.ends = world.ends;
    result.events = world.events;
    result.fingerprint = world.history.fingerprint();
    if (result.violation) {
      std::ostringstream story;
      result.story_length = world.history.Tell(result.violation->mailbox, result.violation->device, kStoryLength, world.start, story);
      result.story = story.str();
    }
  }
  result.cpu_s = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
  return result;
}

std::string Shape(const Violation& violation) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string out;
  for (const char c : violation.text) {
    const bool promise = out == "P";
    if (!digit(c) || promise) {
      out += c;
    } else if (out.empty() || out.back() != '#') {
      out += '#';
    }
  }
  return out;
}

void Totals::Add(const SeedResult& result) {
  ++seeds;
  if (result.violation) {
    ++violations;
    if (broken.size() < kMostBroken) broken.push_back(result.seed);
  }
  device_hours += result.device_hours;
  Share& share = result.profile.sqlite ? sqlite : memory;
  ++share.seeds;
  share.ends += result.ends;
  share.cpu_s += result.cpu_s;
  stakes.Add(result.stakes);
}

std::string ToJson(const Totals& totals) {
  nlohmann::ordered_json at_stake, situations;
  const auto by_promise = totals.stakes.ByPromise();
  for (std::size_t promise = 1; promise < by_promise.size(); ++promise) at_stake["P" + std::to_string(promise)] = by_promise[promise];
  for (std::size_t i = 0; i < kStakeCount; ++i) {
    situations[std::string(Info(static_cast<Stake>(i)).name)] = totals.stakes.count(static_cast<Stake>(i));
  }
  const nlohmann::ordered_json out = {
      {"seeds", totals.seeds},
      {"violations", totals.violations},
      {"broken_seeds", totals.broken},
      {"device_hours", totals.device_hours},
      {"seconds", totals.seconds},
      {"ping_ends", totals.memory.ends + totals.sqlite.ends},
      {"ends_per_cpu_second_memory", totals.memory.ends_per_s()},
      {"ends_per_cpu_second_sqlite", totals.sqlite.ends_per_s()},
      {"sqlite_seeds", totals.sqlite.seeds},
      {"at_stake", at_stake},
      {"situations", situations},
  };
  return out.dump();
}

void Print(const Totals& totals, std::ostream& out) {
  out << totals.seeds << " seeds, " << totals.violations << " broken promises, " << std::fixed << std::setprecision(0)
      << totals.device_hours << " device-hours in " << std::setprecision(1) << totals.seconds << " s\n"
      << "PING ends a CPU second: " << std::setprecision(0) << totals.memory.ends_per_s() << " with the memory store ("
      << totals.memory.seeds << " seeds), " << totals.sqlite.ends_per_s() << " with SQLite (" << totals.sqlite.seeds << " seeds)\n";
  const auto by_promise = totals.stakes.ByPromise();
  out << "at stake:";
  for (std::size_t promise = 1; promise < by_promise.size(); ++promise) out << " P" << promise << ' ' << by_promise[promise];
  out << '\n';
  for (std::size_t i = 0; i < kStakeCount; ++i) {
    const StakeInfo& info = Info(static_cast<Stake>(i));
    out << std::setw(12) << totals.stakes.count(static_cast<Stake>(i)) << "  "
        << (info.promise == 0 ? "  " : "P" + std::to_string(info.promise)) << ' ' << info.name << '\n';
  }
}

void PrintTable(const Totals& totals, std::ostream& out) {
  out << "| | at stake | of these |\n|---|---:|---|\n";
  const auto by_promise = totals.stakes.ByPromise();
  for (std::size_t promise = 1; promise <= by_promise.size(); ++promise) {
    const std::size_t of = promise % by_promise.size();  // at last what belongs to none
    out << (of == 0 ? "| besides | " : "| P" + std::to_string(of) + " | ") << (of == 0 ? "" : WithCommas(by_promise[of])) << " |";
    std::string between = " ";
    for (std::size_t i = 0; i < kStakeCount; ++i) {
      const auto stake = static_cast<Stake>(i);
      if (static_cast<std::size_t>(Info(stake).promise) != of) continue;
      out << std::exchange(between, "; ") << WithCommas(totals.stakes.count(stake)) << " times " << Info(stake).name;
    }
    out << " |\n";
  }
  out << "\n"
      << totals.seeds << " seeds, " << WithCommas(static_cast<std::uint64_t>(totals.device_hours)) << " device-hours, " << totals.violations
      << " broken promises.\n";
}

std::string Sentence(const SeedResult& result) {
  const Violation& violation = *result.violation;
  std::ostringstream out;
  out << "seed " << result.seed << " [" << std::hex << result.fingerprint << std::dec << "]: " << violation.text;
  if (violation.mailbox != kNone) out << " (" << MailboxName(violation.mailbox);
  if (violation.device != kNone) out << ", " << DeviceName(violation.device);
  if (violation.mailbox != kNone) out << ")";
  return out.str();
}

void PrintViolation(const SeedResult& result, const std::string& replay, std::ostream& out) {
  out << Sentence(result) << "\n  world: " << Describe(result.profile) << result.story << "  again: " << replay << "\n";
}

}  // namespace mailwake::sim
