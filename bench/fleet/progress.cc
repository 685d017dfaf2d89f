// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace mailwake::fleet {
namespace {

constexpr std::chrono::seconds kBetweenLines{5};

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1), last_(Now()) {}

Progress::~Progress() {
  if (drawn_) std::fputc('\n', stderr);
}

void Progress::Show(const std::string& line) {
  if (quiet_ || (!terminal_ && Now() - last_ < kBetweenLines)) return;
  last_ = Now();
  Draw(line, !terminal_);
}

void Progress::Keep(const std::string& line) {
  if (!quiet_) Draw(line, true);
}

void Progress::Draw(const std::string& line, bool stays) {
  std::fprintf(stderr, "%s%s%s", terminal_ ? "\r\x1b[K" : "", line.c_str(), stays ? "\n" : "");
  std::fflush(stderr);
  drawn_ = !stays;
}

}  // namespace mailwake::fleet
