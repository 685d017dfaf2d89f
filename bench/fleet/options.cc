// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/options.h"

#include <CLI/CLI.hpp>

namespace mailwake::fleet {
namespace {

constexpr const char* kAbout =
    "mailwake-fleet: many simulated phones against a mailwake server, over real HTTPS.\n"
    "Each device does FolderSync, Sync and Ping; the fleet itself publishes changes and checks that exactly the devices that they concern\n"
    "are woken. It believes nothing that the server says of itself.\n";

constexpr const char* kFooter = R"(
First time:
  mailwake-fleet --devices 1000 --print-passwd > fleet.passwd
  mailwake user import fleet.passwd --store sqlite:mailwake.db
  mailwake serve --store sqlite:mailwake.db --ingest-token-file token &
  mailwake-fleet --devices 1000 --token-file token --insecure

What the result says (more in docs/guides/measuring.md):
  missed    devices that were not told of a change that concerned them      must be 0
  foreign   folders named to a device though nobody else had changed them   must be 0
  latency   from the moment before the change was sent to the moment after the Ping's answer was read

The fleet must be the only one who changes its mailboxes (fleet-000001@example.org and on) while it runs.
Exit code: 0 all devices connected, nothing missed, nothing foreign; 1 otherwise; 2 it could not run.
)";

void AddServer(CLI::App& app, FleetOptions& options) {
  const char* group = "Server";
  app.add_option("--server", options.server, "where it listens")->capture_default_str()->group(group);
  app.add_option("--token-file", options.token_file, "the file given to `mailwake serve --ingest-token-file`")->group(group);
  CLI::Option* ca = app.add_option("--ca", options.ca_file, "PEM file with the server's certificate or its issuer")->group(group);
  app.add_flag("--insecure", options.insecure, "believe any certificate")->group(group)->excludes(ca);
  app.add_option("--server-pid", options.server_pid, "its process: to measure memory for each waiting Ping")->group(group);
  app.add_option("--password", options.password, "of every account")->capture_default_str()->group(group);
}

void AddDevices(CLI::App& app, FleetOptions& options) {
  const char* group = "Devices";
  app.add_option("--devices", options.devices, "how many")->capture_default_str()->check(CLI::Range(1, 100000))->group(group);
  app.add_option("--devices-per-mailbox", options.devices_per_mailbox, "how many share an account")
      ->capture_default_str()
      ->check(CLI::Range(1, 100))
      ->group(group);
  app.add_option("--first-mailbox", options.first_mailbox, "number of the first account: another fleet may have those before it")
      ->capture_default_str()
      ->check(CLI::Range(1, 900000))
      ->group(group);
  app.add_option("--heartbeat", options.heartbeat_s, "seconds of the first Ping; each device tunes its own from there")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400))
      ->group(group);
  app.add_option("--heartbeat-min", options.heartbeat_min_s, "seconds")->capture_default_str()->group(group);
  app.add_option("--heartbeat-max", options.heartbeat_max_s, "seconds")->capture_default_str()->group(group);
  app.add_flag("--provision", options.provision, "provision first, asked for or not")->group(group);
  app.add_option("--threads", options.threads, "event loops of the fleet")->capture_default_str()->check(CLI::Range(1, 2))->group(group);
  app.add_option("--connecting", options.connecting, "devices that connect at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096))
      ->group(group);
  app.add_option("--connect-timeout", options.connect_timeout_s, "seconds until the run begins with those that have connected")
      ->capture_default_str()
      ->group(group);
  app.add_option("--source-addresses", options.source_addresses, "connect from 127.0.0.1, 127.0.0.2, ...: for limits by address")
      ->capture_default_str()
      ->check(CLI::Range(1, 250))
      ->group(group);
}

void AddTraffic(CLI::App& app, FleetOptions& options) {
  const char* group = "Traffic";
  app.add_option("--seconds", options.seconds, "how long changes happen")->capture_default_str()->check(CLI::PositiveNumber)->group(group);
  app.add_option("--rate", options.rate, "changes a second, all mailboxes together, of the built-in model")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->group(group);
  app.add_option("--trace", options.trace, "instead: a file of real deliveries (seconds, recipient, sender, message), plain or gzip")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--speed", options.speed, "times faster than the trace")->capture_default_str()->check(CLI::PositiveNumber)->group(group);
  app.add_option("--from", options.trace_from_s, "begin at this second of the trace")->capture_default_str()->group(group);
  app.add_option("--seed", options.seed, "of the model")->capture_default_str()->group(group);
  app.add_option("--grace", options.grace_s, "seconds to wait for the last wakes; a wake that took longer counts as late")
      ->capture_default_str()
      ->group(group);
}

}  // namespace

int ParseCommandLine(int argc, char** argv, FleetOptions& options) {
  CLI::App app(kAbout, "mailwake-fleet");
  app.footer(kFooter);
  AddServer(app, options);
  AddDevices(app, options);
  AddTraffic(app, options);
  app.add_flag("--json", options.json, "print the result as one JSON object on standard output")->group("Output");
  app.add_flag("--quiet", options.quiet, "no progress on standard error")->group("Output");
  app.add_flag("--print-passwd", options.print_passwd, "print the accounts for `mailwake user import`, and do nothing else")
      ->group("Output");
  try {
    app.parse(argc, argv);
    if (options.devices % options.devices_per_mailbox != 0) {
      throw CLI::ValidationError("--devices", "must be a multiple of --devices-per-mailbox");
    }
    if (!options.print_passwd && options.token_file.empty()) {
      throw CLI::RequiredError("--token-file (the one given to `mailwake serve --ingest-token-file`)");
    }
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return -1;
}

}  // namespace mailwake::fleet
