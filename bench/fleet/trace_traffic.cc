// SPDX-License-Identifier: Apache-2.0
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <zlib.h>

#include <array>
#include <charconv>
#include <utility>

#include "bench/fleet/traffic.h"

namespace mailwake::fleet {
namespace {

struct Row {
  std::int64_t second = 0;
  std::int64_t recipient = 0;
  std::int64_t message = 0;
};

bool ReadRow(std::string_view line, Row& row) {
  std::array<std::int64_t, 4> columns{};
  const char* at = line.data();
  const char* end = line.data() + line.size();
  for (std::int64_t& column : columns) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    const auto [next, error] = std::from_chars(at, end, column);
    if (error != std::errc()) return false;
    at = next;
  }
  row = {.second = columns[0], .recipient = columns[1], .message = columns[3]};
  return true;
}

class GzTrace : public Traffic {
 public:
  GzTrace(const TraceConfig& config, gzFile file) : config_(config), file_(file) {}
  ~GzTrace() override { gzclose(file_); }

  absl::Status error() const override { return error_; }

  // All rows of a message stand for one burst, as long as they stand together.
  std::optional<Burst> Next() override {
    if (!ahead_ && !(ahead_ = ReadNew())) return std::nullopt;
    const Row first = *ahead_;
    const double seconds = static_cast<double>(first.second - config_.from) / config_.speed;
    Burst burst{.at = std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)), .changes = {}};
    while (ahead_ && ahead_->second == first.second && ahead_->message == first.message) {
      burst.changes.push_back({.mailbox = MailboxOf(ahead_->recipient)});
      ahead_ = ReadNew();
    }
    return burst;
  }

 private:
  MailboxIndex MailboxOf(std::int64_t recipient) {
    const auto next = static_cast<MailboxIndex>(mailboxes_.size() % config_.mailboxes);
    return mailboxes_.try_emplace(recipient, next).first->second;
  }

  // The next row that counts.
  std::optional<Row> ReadNew() {
    while (std::optional<Row> row = ReadLine()) {
      if (row->second >= config_.from && seen_.emplace(row->message, row->recipient).second) return row;
    }
    return std::nullopt;
  }

  std::optional<Row> ReadLine() {
    std::array<char, 256> buffer;
    if (!error_.ok() || gzgets(file_, buffer.data(), buffer.size()) == nullptr) {
      int code = Z_OK;
      const char* text = gzerror(file_, &code);
      if (error_.ok() && code != Z_OK) error_ = absl::DataLossError(config_.file + ": " + text);
      return std::nullopt;
    }
    ++line_;
    Row row;
    if (!ReadRow(buffer.data(), row)) return Damaged("want four numbers: seconds, recipient, sender, message");
    if (row.second < last_second_) return Damaged("goes back in time; sort the file by its first column");
    last_second_ = row.second;
    return row;
  }

  std::optional<Row> Damaged(const char* what) {
    error_ = absl::InvalidArgumentError(config_.file + " line " + std::to_string(line_) + ": " + what);
    return std::nullopt;
  }

  const TraceConfig config_;
  gzFile file_;
  absl::Status error_;
  std::optional<Row> ahead_;
  std::int64_t line_ = 0;
  std::int64_t last_second_ = INT64_MIN;
  absl::flat_hash_map<std::int64_t, MailboxIndex> mailboxes_;
  absl::flat_hash_set<std::pair<std::int64_t, std::int64_t>> seen_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Traffic>> OpenTraceTraffic(const TraceConfig& config) {
  gzFile file = gzopen(config.file.c_str(), "rb");  // reads plain files too
  if (file == nullptr) return absl::NotFoundError("cannot read the trace " + config.file);
  return std::make_unique<GzTrace>(config, file);
}

}  // namespace mailwake::fleet
