// SPDX-License-Identifier: Apache-2.0
//
// What devices ask and are answered, whichever front end they speak to; and both as ActiveSync writes them, in real WBXML.
//
// Threads:    pure.
// Example:    HttpRequest http = WriteRequest(request, mailbox, device); Answer answer = ReadAnswer(request, response);

#ifndef MAILWAKE_TESTS_SIM_MESSAGES_H_
#define MAILWAKE_TESTS_SIM_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mailwake/adapters/http.h"
#include "tests/sim/names.h"

namespace mailwake::sim {

struct SyncItem {
  int folder = 0;
  ItemClass item_class = ItemClass::kEmail;
  std::uint64_t key = 0;   // ActiveSync's SyncKey; 0: start over
  std::uint64_t have = 0;  // the content that the device has; what a front end without keys goes by
  bool own_change = false;
};

struct Request {
  enum Kind : std::uint8_t { kPing, kSync, kFolderSync } kind = kPing;
  // kPing, and a Sync that hangs
  std::optional<std::int64_t> heartbeat_s = {};
  std::optional<std::vector<FolderRef>> folders = {};
  bool hangs = false;
  // kSync
  std::vector<SyncItem> items = {};
  int window = 100;
  // kFolderSync
  std::uint64_t list_key = 0;
};

struct Answer {
  struct Collection {
    int folder = 0;
    int status = 0;
    std::uint64_t key = 0;
    std::uint64_t content = 0;  // up to where the device was given changes; 0: none were given
    bool more = false;
  };
  int http = 200;
  std::int64_t retry_after_s = 0;
  bool close = false;
  bool empty = false;
  int status = 0;          // of the whole document
  std::int64_t bound = 0;  // heartbeat or number of folders
  std::vector<int> folders = {};
  std::vector<Collection> collections = {};
  std::uint64_t list_key = 0;
  bool whole_list = false;  // `listed` is all there is
  std::vector<FolderRef> listed = {};
  std::vector<int> unlisted = {};
};

HttpRequest WriteRequest(const Request& request, int mailbox, int device);
Answer ReadAnswer(const Request& request, const HttpResponse& response);

// What the mail server gives a Sync: tokens that say up to where. And what a device that changed something sends.
std::string WriteContent(std::uint64_t content);

}  // namespace mailwake::sim

#endif  // MAILWAKE_TESTS_SIM_MESSAGES_H_
