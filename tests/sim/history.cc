// SPDX-License-Identifier: Apache-2.0

#include "tests/sim/history.h"

#include <iomanip>

#include "mailwake/ping.h"
#include "tests/sim/names.h"

namespace mailwake::sim {
namespace {

const char* Text(What what) {
  static constexpr const char* kTexts[] = {"server opens",
                                           "server killed",
                                           "power lost",
                                           "server closed",
                                           "drain",
                                           "clock jumps by",
                                           "store fails",
                                           "store is well",
                                           "publish",
                                           "publish acknowledged",
                                           "publish failed",
                                           "folder list set",
                                           "folder list acknowledged",
                                           "suspect",
                                           "sync begins",
                                           "sync ends",
                                           "cursor reset",
                                           "folder sync ends",
                                           "answer arrived",
                                           "PING held",
                                           "PING ended",
                                           "PING cancelled",
                                           "answer lost",
                                           "device has",
                                           "device vanishes",
                                           "mailbox is read",
                                           "device ended",
                                           "shed",
                                           "faults stop",
                                           "hanging Sync answered"};
  return kTexts[static_cast<std::size_t>(what)];
}

void Print(const Record& record, Time from, std::ostream& out) {
  const double seconds = static_cast<double>((record.time - from).count()) / 1000.0;
  out << std::fixed << std::setprecision(3) << std::setw(11) << seconds << " s  ";
  if (record.mailbox != kNone) out << 'm' << record.mailbox << ' ';
  if (record.device != kNone) out << 'd' << record.device << ' ';
  if (record.folder != kNone) out << 'f' << record.folder << ' ';
  out << Text(record.what);
  if (record.what == What::kEnd) out << ' ' << Name(static_cast<EndReason>(record.detail));
  if (record.what == What::kClockJump) {
    out << ' ' << std::showpos << static_cast<std::int64_t>(record.a) << std::noshowpos << " ms";
  } else if (record.a != 0) {
    out << " #" << record.a;
  }
  if (record.b != 0) out << " (" << record.b << ")";
  out << '\n';
}

}  // namespace

std::size_t History::Tell(int mailbox, int device, std::size_t most, Time from, std::ostream& out) const {
  std::vector<const Record*> told;
  std::size_t count = 0;
  for (std::size_t i = records_.size(); i-- > 0;) {
    const Record& record = records_[(next_ + i) % records_.size()];
    const bool here = record.mailbox == kNone || mailbox == kNone || record.mailbox == mailbox;
    const bool ours = here && (record.device == kNone || device == kNone || record.device == device);
    if (ours && count++ < most) told.push_back(&record);
  }
  for (std::size_t i = told.size(); i-- > 0;) Print(*told[i], from, out);
  return count;
}

}  // namespace mailwake::sim
