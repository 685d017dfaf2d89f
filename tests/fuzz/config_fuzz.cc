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
  return 0;
}
