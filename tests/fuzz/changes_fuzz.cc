// SPDX-License-Identifier: Apache-2.0
//
// What a publisher sends: NDJSON lines of changes, a declared folder list, the target of a request. All or nothing, and an error says what
// is wrong; what is accepted the engine accepts too.

#include <algorithm>
#include <set>

#include "adapters/sources/http/change_lines.h"
#include "adapters/sources/http/folder_list.h"
#include "adapters/sources/http/plain_line.h"
#include "adapters/sources/http/target.h"
#include "mailwake/adapters/memory_store.h"
#include "mailwake/engine.h"
#include "tests/fuzz/fuzz.h"

namespace mailwake::fuzz {
namespace {

bool Fits(std::string_view id, std::size_t most) { return !id.empty() && id.size() <= most; }

void CheckLines(std::string_view body) {
  const http_source::ChangeLines lines = http_source::ParseChangeLines(body);
  if (lines.bad_line != 0) {
    FUZZ_CHECK(lines.lines.empty() && !lines.error.empty());
    FUZZ_CHECK(lines.bad_line <= 1 + static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')));
    return;
  }
  FUZZ_CHECK(lines.Changes().size() == lines.lines.size());
  for (const http_source::ChangeLine& line : lines.lines) {
    FUZZ_CHECK(Fits(line.mailbox, kMaxMailboxBytes) && Fits(line.folder, kMaxIdBytes) && line.device.size() <= kMaxDeviceBytes);
  }
  const auto store = NewMemoryStore();
  const auto engine = Engine::Create({.shards = 1}, *store).value();
  if (!lines.lines.empty()) engine->Publish(lines.Changes(), [](const absl::Status& status) { FUZZ_CHECK(status.ok()); });
}

bool Same(const http_source::ChangeLine& a, const http_source::ChangeLine& b) {
  return a.mailbox == b.mailbox && a.folder == b.folder && a.item_class == b.item_class && a.kind == b.kind && a.device == b.device &&
         a.host_version == b.host_version;
}

// What the fast way takes the other one reads the same in; a key that nobody knows sends it there.
void CheckPlain(std::string_view text) {
  const auto line = http_source::PlainLine(text);
  if (!line) return;
  std::string other(text);
  std::replace(other.begin(), other.end(), '\n', ' ');  // between tokens: no string holds one
  other.insert(other.find('{') + 1, "\"\":0,");
  FUZZ_CHECK(!http_source::PlainLine(other));
  const http_source::ChangeLines lines = http_source::ParseChangeLines(other);
  FUZZ_CHECK(lines.bad_line == 0 && lines.lines.size() == 1 && Same(lines.lines[0], *line));
}

void CheckFolders(std::string_view body) {
  const auto folders = http_source::ParseFolderList(body);
  if (!folders.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(folders.status()) && !folders.status().message().empty());
    return;
  }
  std::set<std::string> ids;
  for (const DeclaredFolder& folder : *folders) {
    FUZZ_CHECK(Fits(folder.id, kMaxIdBytes) && ids.insert(folder.id).second);
  }
  for (const DeclaredFolder& folder : *folders) {
    FUZZ_CHECK(folder.parent.empty() || folder.parent == "0" || ids.contains(folder.parent));
  }
  const auto store = NewMemoryStore();
  const auto engine = Engine::Create({.shards = 1}, *store).value();
  engine->SetFolders("ann", *folders, [](const absl::Status& status) { FUZZ_CHECK(status.ok()); });
}

}  // namespace
}  // namespace mailwake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mailwake::fuzz;  // NOLINT
  const std::string_view text = Text(data, size);
  CheckLines(text);
  CheckPlain(text);
  CheckFolders(text);
  if (const auto target = mailwake::http_source::ParseTarget(text)) FUZZ_CHECK(text.starts_with('/'));
  return 0;
}
