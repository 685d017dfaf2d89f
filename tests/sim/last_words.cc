// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/last_words.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstring>

namespace mailwake::sim {
namespace {

using Words = std::array<char, 500>;

Words before_death, after_death, when_late;
volatile std::sig_atomic_t exit_code = -1;

void Keep(std::string_view words, Words& out) {
  const std::size_t size = std::min(words.size(), out.size() - 1);
  std::copy_n(words.data(), size, out.data());
  out[size] = 0;
}

// In a signal handler.
void Say(const char* words) {
  const auto ignored = write(STDERR_FILENO, words, std::strlen(words));
  (void)ignored;
}

const char* SignalName(int signal) {
  switch (signal) {
    case SIGABRT:
      return "SIGABRT";
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    default:
      return "SIGFPE";
  }
}

void Die(int signal) {
  Say("\n");
  Say(before_death.data());
  Say(": died of ");
  Say(SignalName(signal));
  Say(after_death.data());
  Say("\n");
  if (exit_code >= 0) _exit(exit_code);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void BeLate(int) {
  Say("\n");
  Say(when_late.data());
  Say("\n");
  _exit(1);
}

}  // namespace

void WhenDying(std::string_view before, std::string_view after, std::optional<int> code) {
  Keep(before, before_death);
  Keep(after, after_death);
  exit_code = code.value_or(-1);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE}) std::signal(signal, Die);
}

void WhenLate(double seconds, std::string_view words) {
  std::signal(SIGALRM, SIG_IGN);
  Keep(words, when_late);
  const double whole = std::floor(std::max(seconds, 0.0));
  const itimerval timer{.it_interval = {}, .it_value = {static_cast<time_t>(whole), static_cast<suseconds_t>((seconds - whole) * 1e6)}};
  setitimer(ITIMER_REAL, &timer, nullptr);
  std::signal(SIGALRM, BeLate);
}

}  // namespace mailwake::sim
