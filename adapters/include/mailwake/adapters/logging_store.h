// SPDX-License-Identifier: Apache-2.0
//
// Wraps any store and says each call and its outcome in one line. The template to copy for a store of your own.
//
// Threads:    as the wrapped store; `log` may be called from any thread, several at once.
// Example:    auto logged = NewLoggingStore(*store, [](std::string_view line) { std::cerr << line << '\n'; });

#ifndef MAILWAKE_ADAPTERS_LOGGING_STORE_H_
#define MAILWAKE_ADAPTERS_LOGGING_STORE_H_

#include <functional>
#include <memory>
#include <string_view>

#include "mailwake/store.h"

namespace mailwake {

// `wrapped` must outlive the result.
std::unique_ptr<Store> NewLoggingStore(Store& wrapped, std::function<void(std::string_view)> log);

}  // namespace mailwake

#endif  // MAILWAKE_ADAPTERS_LOGGING_STORE_H_
