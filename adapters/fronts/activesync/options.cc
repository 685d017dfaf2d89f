// SPDX-License-Identifier: Apache-2.0
//
// OPTIONS: which versions and commands there are.
#include "adapters/fronts/activesync/commands.h"

namespace mailwake::eas {

void RunOptions(HttpExchange& exchange) {
  exchange.Respond({.status = 200,
                    .headers = {{"MS-ASProtocolVersions", "2.5,12.0,12.1,14.0,14.1,16.0,16.1"},
                                {"MS-ASProtocolCommands", std::string(kAnsweredCommands)},
                                {"MS-Server-ActiveSync", "16.1"},
                                {"Allow", "OPTIONS,POST"},
                                {"Public", "OPTIONS,POST"},
                                {"Cache-Control", "private"},
                                {"Content-Type", std::string(kContentType)}},
                    .body = {}});
}

}  // namespace mailwake::eas
