// SPDX-License-Identifier: Apache-2.0
//
// Requests as clients write them, and answers as text: "Ping(Status=2 Folders(Folder=5))".
#ifndef MAILWAKE_TESTS_ACTIVESYNC_BODIES_H_
#define MAILWAKE_TESTS_ACTIVESYNC_BODIES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mailwake/adapters/wbxml.h"
#include "tests/adapters/activesync/front_world.h"

namespace mailwake::test {

using PingFolders = std::vector<std::pair<std::string, std::string>>;  // id, class

// An empty heartbeat is left out, and so are no folders.
std::string PingBody(const std::string& heartbeat, const PingFolders& folders);
std::string FolderSyncBody(const std::string& key);

struct Collection {
  std::string id;
  std::string key;
  std::string item_class = {};
  std::string get_changes = {};  // "0", "1", "empty"
  std::string commands = {};     // tokens
  std::string options = {};      // tokens
  std::string window = {};
};
struct SyncBodyOptions {
  std::string wait = {};       // minutes
  std::string heartbeat = {};  // seconds
  bool partial = false;
};
std::string SyncBody(const std::vector<Collection>& collections, const SyncBodyOptions& options = {});

// Writes tokens on page 0.
std::string Tokens(const std::function<void(wbxml::Writer&)>& write);

// The answer's document, parsed and named. "" for an empty body; "HTTP 503" for another status than 200; "nothing" if there is none yet.
std::string Tree(const ExchangePtr& exchange);
std::string Tree(const std::string& document);

// The SyncKey that a Sync's answer gives a collection.
std::string KeyOf(const ExchangePtr& exchange, const std::string& id);

// The handshake of a collection: SyncKey 0, then one Sync; the key that the device has then.
std::string Prime(FrontWorld& world, const std::string& id, const std::string& item_class = {});

}  // namespace mailwake::test

#endif  // MAILWAKE_TESTS_ACTIVESYNC_BODIES_H_
