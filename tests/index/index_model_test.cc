// SPDX-License-Identifier: Apache-2.0
//
// Who waits in a mailbox, millions of times over: mailboxes with a few PINGs, mailboxes with hundreds, and every way from one to the other.
// After each operation exactly those PINGs have ended that an obvious model says. Checks P1, P2, P3 and P6 from outside, lean where
// tests/engine/model_test.cc is thorough.
//
// MAILWAKE_INDEX_OPERATIONS=n  in all (default 10,000,000; less in builds for debugging)
// MAILWAKE_INDEX_SEED=n        of the first world (default 1); a failure prints its world's

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "tests/index/index_player.h"

namespace mailwake::testing {
namespace {

#ifdef MAILWAKE_SLOW_BUILD
constexpr std::uint64_t kOperations = 250'000;
#else
constexpr std::uint64_t kOperations = 10'000'000;
#endif
// A world is left after so many, so that a failure is soon repeated, and mailboxes are new again.
constexpr std::uint64_t kOperationsOfAWorld = 250'000;
// Below it, somebody looks at one world.
constexpr std::uint64_t kEnoughForAll = 1'000'000;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

const IndexPlayer* playing = nullptr;

// A check of the engine's own stops the program: tell how to come there again.
void TellAndDie(int signal) {
  std::signal(signal, SIG_DFL);
  if (playing != nullptr) std::cerr << "The engine died. " << playing->Report() << std::flush;
  std::raise(signal);
}

TEST(IndexModelTest, MillionsOfOperationsAgreeWithTheModel) {
  const std::uint64_t first_seed = FromEnvironment("MAILWAKE_INDEX_SEED", 1);
  const std::uint64_t operations = FromEnvironment("MAILWAKE_INDEX_OPERATIONS", kOperations);
  for (const int signal : {SIGABRT, SIGSEGV}) std::signal(signal, TellAndDie);
  const auto began = std::chrono::steady_clock::now();
  Situations situations;
  std::uint64_t played = 0;
  for (std::uint64_t seed = first_seed; played < operations; ++seed) {
    const auto player = std::make_unique<IndexPlayer>(seed, situations);
    playing = player.get();
    const std::uint64_t most = std::min(kOperationsOfAWorld, operations - played);
    while (player->operations() < most && !player->failed()) player->Step();
    if (!player->failed()) player->Finish();
    playing = nullptr;
    ASSERT_FALSE(player->failed()) << player->Report();
    played += player->operations();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  RecordProperty("operations", std::to_string(played));
  for (std::size_t i = 0; i < Situations::kCount; ++i) std::cout << situations.counts[i] << "\t" << Situations::kNames[i] << "\n";
  std::cout << played << "\toperations, " << static_cast<std::uint64_t>(static_cast<double>(played) / took.count()) << " a second\n";
  if (operations < kEnoughForAll) return;
  for (std::size_t i = 0; i < Situations::kCount; ++i) EXPECT_GT(situations.counts[i], 0u) << "never happened: " << Situations::kNames[i];
}

}  // namespace
}  // namespace mailwake::testing
