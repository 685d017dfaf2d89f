// SPDX-License-Identifier: Apache-2.0
//
// EndBatch: ends that were decided under shards' locks, to be delivered outside of them. Reused, so that a steady state allocates nothing.
//
// Threads:    one loop's own while it delivers.
// Invariants: names are kept as places in one text until the batch is complete: the text moves while it grows.

#ifndef MAILWAKE_SRC_END_BATCH_H_
#define MAILWAKE_SRC_END_BATCH_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mailwake/ping.h"
#include "mailwake/report.h"

namespace mailwake {

class EndBatch {
 public:
  void Clear() {
    items_.clear();
    places_.clear();
    text_.clear();
    records_used_ = 0;
  }

  std::size_t size() const { return items_.size(); }

  // Begins an end; names added next are its.
  PingEnd& Add(EndCallback done) {
    items_.push_back({std::move(done), {}, places_.size()});
    return items_.back().end;
  }
  void AddName(std::string_view name) {
    places_.emplace_back(text_.size(), name.size());
    text_.append(name);
  }
  // The record of the last end. Its strings keep their memory from batch to batch: assign all of it.
  EndRecord& AddRecord() {
    if (records_used_ == records_.size()) records_.emplace_back();
    return records_[records_used_++];
  }

  std::span<const EndRecord> records() const { return {records_.data(), records_used_}; }

  // Calls every callback, in the order of Add.
  void Deliver() {
    names_.clear();
    for (const auto& [offset, size] : places_) names_.push_back(std::string_view(text_).substr(offset, size));
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::size_t last = i + 1 < items_.size() ? items_[i + 1].first_name : names_.size();
      items_[i].end.folders = std::span(names_).subspan(items_[i].first_name, last - items_[i].first_name);
      if (items_[i].done) items_[i].done(items_[i].end);
    }
  }

 private:
  struct Item {
    EndCallback done;
    PingEnd end;
    std::size_t first_name = 0;
  };

  std::vector<Item> items_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // of names in text_
  std::string text_;
  std::vector<std::string_view> names_;
  std::vector<EndRecord> records_;
  std::size_t records_used_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_SRC_END_BATCH_H_
