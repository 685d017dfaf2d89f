// SPDX-License-Identifier: Apache-2.0
//
// History: the last operations in one mailbox, written down as numbers since there are millions, and told as text when a test fails.
//
// Threads:    one thread.
// Cost:       Add O(1), no allocation; Text O(operations kept).

#ifndef MAILWAKE_TESTS_INDEX_HISTORY_H_
#define MAILWAKE_TESTS_INDEX_HISTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mailwake/types.h"

namespace mailwake::testing {

struct Operation {
  static constexpr std::size_t kMostFolders = 12;

  std::uint64_t number = 0;
  Time at;
  const char* what = "";  // a literal
  const char* more = "";  // another
  std::int64_t value = 0;
  std::int16_t device = -1;
  std::uint16_t folder_count = 0;
  std::array<std::uint8_t, kMostFolders> folders{};  // the first ones

  void SetFolders(const std::vector<std::uint8_t>& from);
};

class History {
 public:
  static constexpr std::size_t kKept = 32;

  Operation& Add() { return operations_[added_++ % kKept] = Operation{}; }
  // One a line, the oldest first.
  std::string Text() const;

 private:
  std::array<Operation, kKept> operations_{};
  std::size_t added_ = 0;
};

}  // namespace mailwake::testing

#endif  // MAILWAKE_TESTS_INDEX_HISTORY_H_
