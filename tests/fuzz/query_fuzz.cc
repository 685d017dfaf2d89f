// SPDX-License-Identifier: Apache-2.0
//
// The query of an ActiveSync request, both forms, and the small texts around it. What is accepted keeps the promises of query.h; the base64
// form is also made of the bytes that it would carry, so that its fields are reached.

#include <algorithm>

#include "adapters/fronts/activesync/query.h"
#include "mailwake/adapters/http_text.h"
#include "mailwake/types.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

void Check(std::string_view text) {
  const absl::StatusOr<eas::Query> query = eas::ParseQuery(text);
  if (!query.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(query.status()) && !query.status().message().empty());
    return;
  }
  FUZZ_CHECK(!query->device.empty() && query->device.size() <= kMaxDeviceBytes);
  FUZZ_CHECK(std::all_of(query->device.begin(), query->device.end(), [](char c) { return c > 0x20 && c < 0x7F; }));
}

void CheckTexts(std::string_view text) {
  if (const auto decoded = PercentDecode(text)) FUZZ_CHECK(decoded->size() <= text.size());
  const auto bytes = Base64Decode(text);
  if (bytes) FUZZ_CHECK(Base64Decode(Base64Encode(*bytes)) == bytes);
  FUZZ_CHECK(Base64Decode(Base64Encode(text)) == std::string(text));
  const auto credentials = ParseBasic(text);
  if (credentials) {
    const auto again = ParseBasic(BasicAuthorization(credentials->user, credentials->password));
    FUZZ_CHECK(again && again->user == credentials->user && again->password == credentials->password);
  }
  const Target target = SplitTarget(text);
  FUZZ_CHECK(target.path.size() + target.query.size() <= text.size());
  FUZZ_CHECK(EqualsIgnoreCase(text, text));
  const int version = eas::ParseVersion(text);
  FUZZ_CHECK(version >= 0);
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake::fuzz;  // NOLINT
  const std::string_view text = Text(data, size);
  Check(text);
  Check(mailwake::Base64Encode(text));
  CheckTexts(text);
  return 0;
}
