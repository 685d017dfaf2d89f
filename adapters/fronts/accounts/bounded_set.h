// SPDX-License-Identifier: Apache-2.0
//
// BoundedSet: remembers that many strings; over it, forgets those that were not asked for longest.
//
// Threads:    any.
// Cost:       O(1).

#ifndef MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_BOUNDED_SET_H_
#define MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_BOUNDED_SET_H_

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <list>
#include <string>

#include "mailwake/mutex.h"

namespace mailwake::internal {

class BoundedSet {
 public:
  explicit BoundedSet(std::size_t most) : most_(most) {}

  void Add(const std::string& text);
  bool Contains(const std::string& text);
  std::size_t size();

 private:
  const std::size_t most_;
  Mutex mutex_;
  std::list<std::string> order_ ABSL_GUARDED_BY(mutex_);  // asked for last at the front
  absl::flat_hash_map<std::string, std::list<std::string>::iterator> places_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mailwake::internal

#endif  // MAILWAKE_ADAPTERS_FRONTS_ACCOUNTS_BOUNDED_SET_H_
