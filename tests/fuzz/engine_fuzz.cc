// SPDX-License-Identifier: Apache-2.0
//
// The engine's operations against the slow, obvious model: the bytes are the choices of the model test's player, so that libFuzzer looks
// for orders of events that random numbers do not find. The first two bytes choose the options.

#include <gtest/gtest.h>

#include <iostream>

#include "tests/fuzz/fuzz.h"
#include "tests/support/engine_model_player.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mailwake::testing::ModelPlayer;
  mailwake::fuzz::Choices choices(data, size);
  const std::size_t seed = choices.Below(65'536);
  mailwake::testing::Situations situations;
  ModelPlayer player(seed, situations, choices.Rest());
  while (player.operations() < 300 && !player.done() && !::testing::Test::HasFailure()) player.Step();
  if (!::testing::Test::HasFailure()) player.Finish();
  if (!::testing::Test::HasFailure()) return 0;
  std::cerr << player.History() << "\n";
  std::abort();
}
