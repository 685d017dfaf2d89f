// SPDX-License-Identifier: Apache-2.0
//
// MAILWAKE_CHECK: a condition that only a bug in this code can break. Stays on in release builds; dies with the place.

#ifndef MAILWAKE_SRC_CHECK_H_
#define MAILWAKE_SRC_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define MAILWAKE_CHECK(condition)                                                            \
  do {                                                                                       \
    if (!(condition)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "mailwake: %s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

#endif  // MAILWAKE_SRC_CHECK_H_
