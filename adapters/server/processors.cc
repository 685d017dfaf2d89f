// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/processors.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "adapters/server/log.h"

namespace mailwake::server {

Division Divide(const ProcessorSet& all, std::size_t loops) {
  Division division{.all = all, .loops = {}, .rest = {}};
  for (std::size_t i = 0; i < loops; ++i) division.loops.push_back({all[i % all.size()]});
  const std::size_t taken = loops < all.size() ? loops : 0;
  division.rest.assign(all.begin() + static_cast<std::ptrdiff_t>(taken), all.end());
  return division;
}

ProcessorSet MayUse() {
  cpu_set_t set;
  ProcessorSet processors;
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return processors;  // more than CPU_SETSIZE, 1,024
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (CPU_ISSET(processor, &set)) processors.push_back(processor);
  }
  return processors;
}

absl::Status Use(const ProcessorSet& processors) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int processor : processors) CPU_SET(processor, &set);
  if (::sched_setaffinity(0, sizeof(set), &set) == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot run on processor ", absl::StrJoin(processors, ", "), " alone: ", std::strerror(errno)));
}

void PinnedLoops::Divide(std::size_t loops) {
  const ProcessorSet all = MayUse();
  if (all.size() < 2) return LogWarning("pin_loops: this process may use one processor only, so that there is nothing to divide");
  Division division = server::Divide(all, loops);
  if (absl::Status used = Use(division.rest); !used.ok()) return LogWarning("pin_loops: " + std::string(used.message()));
  const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), loops));
  LogInfo(absl::StrCat("pin_loops: event loops on processors ", absl::StrJoin(all.begin(), last, ", "), ", all else on ",
                       absl::StrJoin(division.rest, ", ")));
  division_ = std::move(division);
}

void PinnedLoops::Pin(std::size_t loop) const {
  if (!division_) return;
  if (absl::Status used = Use(division_->loops[loop]); !used.ok()) LogWarning("pin_loops: " + std::string(used.message()));
}

void PinnedLoops::Unpin() const {
  if (division_) Use(division_->all).IgnoreError();
}

}  // namespace mailwake::server
