// SPDX-License-Identifier: Apache-2.0
//
// The TOML file: any text is a Config in range or an error that names the file; nothing throws.

#include "adapters/server/config.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake;  // NOLINT
  const absl::StatusOr<server::Config> config = server::ParseConfig(fuzz::Text(data, size), "f.toml");
  if (!config.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(config.status()));
    FUZZ_CHECK(config.status().message().find("f.toml") != absl::string_view::npos);
    return 0;
  }
  FUZZ_CHECK(config->heartbeat_min.count() >= 1 && config->heartbeat_min <= config->heartbeat_max);
  FUZZ_CHECK(config->cert.empty() == config->key.empty());
  FUZZ_CHECK(server::CheckListen(config->listen).ok() && server::StorePath(config->store).ok());
  FUZZ_CHECK(config->drain.count() >= 0 && config->threads >= 0);
  for (const Duration window : config->coalesce) FUZZ_CHECK(window.count() >= 0);
  // What is right is right under flags too, if they are.
  server::ServeArguments flags;
  flags.listen = size % 2 == 0 ? config->store : config->listen;
  flags.store = size % 3 == 0 ? config->listen : config->store;
  const absl::StatusOr<server::Config> flagged = server::LoadConfig(flags);
  FUZZ_CHECK(!flagged.ok() || (flagged->listen == *flags.listen && flagged->store == *flags.store));
  return 0;
}
