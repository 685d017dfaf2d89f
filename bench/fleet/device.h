// SPDX-License-Identifier: Apache-2.0
//
// Device: one phone as a state machine without sockets. It says what to send next and is told how that went; the loop of a phone is
// (Provision,) FolderSync, Sync with key 0, Sync, Ping, and after news Sync of the named folders and Ping again.
//
// Threads:    none; one loop owns it.
// Cost:       about 600 bytes with five folders.
// Invariants: (1) there is one request at a time: after a kSend step comes Written and then exactly one of Answered and Lost, or Lost alone
//                 if it could not be sent;
//             (2) a Sync that got no answer is repeated, with the same SyncKeys, before anything else;
//             (3) the Pings are as long as the device's own HeartbeatTuner says.
// Example:    Step step = device.Begin(); ... device.Written(Now()); step = device.Answered(reply, Now());

#ifndef MAILWAKE_BENCH_FLEET_DEVICE_H_
#define MAILWAKE_BENCH_FLEET_DEVICE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fleet/instant.h"
#include "bench/fleet/messages.h"
#include "mailwake/heartbeat_tuner.h"

namespace mailwake::fleet {

using DeviceIndex = std::uint32_t;

struct HttpReply {
  int status = 0;
  std::string body;
  std::optional<std::chrono::seconds> retry_after;
  bool close = false;
};

enum class Command : std::uint8_t { kProvision, kFolderSync, kSync, kPing };
std::string_view Name(Command command);

struct Step {
  enum class Kind : std::uint8_t {
    kSend,  // `command` and `body`; no answer within `time`: Lost
    kWait,  // call Waited after `time`
    kStop,  // nothing will help: `why`
  };
  Kind kind = Kind::kStop;
  Command command = Command::kPing;
  std::string body = {};
  Span time{};
  std::string why = {};
};

// What a device tells the world. `asked`: before the request was written (the first time, if it was repeated); `answered`: after the
// answer's last byte was read.
class DeviceEvents {
 public:
  virtual ~DeviceEvents() = default;
  // From now on the device watches these folders and no others.
  virtual void Watching(DeviceIndex device, std::span<const std::string> folders) = 0;
  virtual void Woken(DeviceIndex device, std::span<const std::string> folders, Instant answered) = 0;
  virtual void Synced(DeviceIndex device, std::string_view folder, Instant asked, Instant answered) = 0;
  virtual void Expired(DeviceIndex device, Instant asked, Instant answered) = 0;
  // The server's end closed the connection under a request.
  virtual void Closed(DeviceIndex device, Instant now) = 0;
};

struct DeviceConfig {
  HeartbeatTuner::Config heartbeat;
  bool provision = false;                 // always; else only when the server asks for it
  std::chrono::seconds patience{30};      // how long after its time an answer is given up
  std::chrono::seconds longest_wait{60};  // between tries
};

class Device {
 public:
  enum class Loss : std::uint8_t { kClosed, kSilent };

  // `config` and `events` must outlive the device.
  Device(DeviceIndex index, const DeviceConfig& config, DeviceEvents& events);

  Step Begin() { return Next(); }
  void Written(Instant now);
  Step Answered(const HttpReply& reply, Instant now);
  Step Lost(Loss loss, Instant now);
  Step Waited() { return Next(); }

  DeviceIndex index() const { return index_; }
  const std::string& policy_key() const { return policy_key_; }
  const HeartbeatTuner& tuner() const { return tuner_; }

 private:
  struct Folder {
    ListedFolder listed;
    std::string key = "0";
    bool behind = true;
  };

  Step Next();
  Step Send(Command command, std::string body, std::chrono::seconds time);
  Step SendSync(bool reset);
  Step SendPing();
  Step Pause(std::optional<std::chrono::seconds> at_least, std::string why);
  Step Stop(std::string why);
  Step Refused(const HttpReply& reply);
  Step OnProvision(const HttpReply& reply);
  Step OnFolderSync(const HttpReply& reply);
  Step OnSync(const HttpReply& reply, Instant now);
  Step OnPing(const HttpReply& reply, Instant now);
  Step OnWoken(const PingReply& ping, Instant now);
  Step OnExpired(Instant now);
  // Takes one folder's answer; false if it is not the one hoped for.
  bool TakeCollection(const SyncReply::Collection& collection, Instant now);
  void TellWatched();
  std::span<Folder> watched();
  Folder* Find(std::string_view id);

  const DeviceIndex index_;
  const DeviceConfig& config_;
  DeviceEvents& events_;
  HeartbeatTuner tuner_;
  std::string policy_key_;
  std::string hierarchy_key_ = "0";
  std::vector<Folder> folders_;
  std::size_t watch_limit_ = SIZE_MAX;                  // status 6
  std::optional<std::chrono::seconds> told_heartbeat_;  // what the server remembers
  bool told_folders_ = false;
  bool provisioned_;
  bool hierarchy_stale_ = true;
  bool resetting_ = false;  // the Sync under way carries key 0
  bool repeating_ = false;  // the Sync under way was sent before
  bool written_ = false;
  Command command_ = Command::kPing;
  std::uint32_t failures_ = 0;  // since something last went well
  Instant asked_{};
};

}  // namespace mailwake::fleet

#endif  // MAILWAKE_BENCH_FLEET_DEVICE_H_
