// SPDX-License-Identifier: Apache-2.0
//
// EndCallback: what runs when a PING ends: a function pointer and a word, since there is one for each PING that waits. A lambda that
// captures one pointer or reference fits into the word; a larger one is allocated.
//
// Threads:    a plain value that moves.
// Invariants: it runs at most once, and is gone after that; one that never runs is destroyed.
// Example:    EndCallback done([connection](const PingEnd& end) { connection->Answer(end); });

#ifndef MAILWAKE_END_CALLBACK_H_
#define MAILWAKE_END_CALLBACK_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace mailwake {

struct PingEnd;

class EndCallback {
 public:
  EndCallback() = default;
  template <typename F>
  requires(!std::same_as<std::remove_cvref_t<F>, EndCallback> && std::invocable<F&, const PingEnd&>)
      EndCallback(F&& function) {  // NOLINT: implicit, as std::function
    using Function = std::remove_cvref_t<F>;
    if constexpr (!std::is_empty_v<Function> && requires { static_cast<bool>(function == nullptr); }) {
      if (function == nullptr) return;  // an empty std::function, a null pointer
    }
    if constexpr (sizeof(Function) <= sizeof(word_) && std::is_trivially_copyable_v<Function>) {
      std::memcpy(&word_, &function, sizeof(Function));
      run_ = [](std::uintptr_t word, const PingEnd* end) {
        if (end == nullptr) return;
        alignas(Function) std::byte copy[sizeof(Function)];
        std::memcpy(copy, &word, sizeof(Function));
        (*std::launder(reinterpret_cast<Function*>(copy)))(*end);
      };
    } else {
      word_ = reinterpret_cast<std::uintptr_t>(new Function(std::forward<F>(function)));
      run_ = [](std::uintptr_t word, const PingEnd* end) {
        const std::unique_ptr<Function> owned(reinterpret_cast<Function*>(word));  // NOLINT(performance-no-int-to-ptr): word_ is both
        if (end != nullptr) (*owned)(*end);
      };
    }
  }
  EndCallback(EndCallback&& other) noexcept : run_(std::exchange(other.run_, nullptr)), word_(other.word_) {}
  EndCallback& operator=(EndCallback&& other) noexcept {
    std::swap(run_, other.run_);
    std::swap(word_, other.word_);
    return *this;
  }
  ~EndCallback() {
    if (run_ != nullptr) run_(word_, nullptr);
  }

  explicit operator bool() const { return run_ != nullptr; }
  // Runs it, once. REQUIRES: not empty.
  void operator()(const PingEnd& end) { std::exchange(run_, nullptr)(word_, &end); }

 private:
  using Run = void (*)(std::uintptr_t word, const PingEnd* end);  // no end: only destroy it

  Run run_ = nullptr;
  std::uintptr_t word_ = 0;
};

}  // namespace mailwake

#endif  // MAILWAKE_END_CALLBACK_H_
