// SPDX-License-Identifier: Apache-2.0
//
// The heartbeat alarm as a line of the log: what Exchange writes as event 3033 or 1040, with the networks named.
//
// Threads:    pure.

#ifndef MAILWAKE_SERVER_ALARM_LOG_H_
#define MAILWAKE_SERVER_ALARM_LOG_H_

#include <string>

#include "mailwake/report.h"

namespace mailwake::server {

std::string AlarmText(const HeartbeatReport& report);

}  // namespace mailwake::server

#endif  // MAILWAKE_SERVER_ALARM_LOG_H_
