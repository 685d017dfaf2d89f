// SPDX-License-Identifier: Apache-2.0
//
// The commands and their options, by CLI11. The only file that knows it.

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>
#include <vector>

#include "adapters/server/arguments.h"

namespace mailwake::server {
namespace {

constexpr char kDefaultStore[] = "sqlite:mailwake.db";

// One value of each kind, filled while the line is read; the command that was named is taken from it.
struct All {
  ServeArguments serve;
  UserAddArguments user_add{.store = kDefaultStore, .name = {}};
  UserImportArguments user_import{.store = kDefaultStore, .file = {}};
  UserRemoveArguments user_remove{.store = kDefaultStore, .name = {}};
  DeviceArguments block{.store = kDefaultStore, .user = {}, .device = {}, .block = true};
  DeviceArguments unblock{.store = kDefaultStore, .user = {}, .device = {}, .block = false};
  PublishArguments publish;
  FoldersArguments folders;
  ExplainArguments explain;
  PingArguments ping;
};

CLI::App* AddServe(CLI::App& app, ServeArguments& out) {
  CLI::App* serve = app.add_subcommand("serve", "Run the server: devices over HTTPS, changes over /v1");
  serve->add_option("--config", out.config_file, "TOML file with the settings; the other flags win over it")->type_name("FILE");
  serve->add_option("--listen", out.listen, "Address (default 127.0.0.1:8443; port 0: any free one), or unix:PATH behind a proxy")
      ->type_name("HOST:PORT");
  serve->add_option("--store", out.store, "Where everything is kept (default sqlite:mailwake.db)")->type_name("sqlite:PATH");
  serve->add_option("--user", out.user, "Started as root: become this user once the address is bound")->type_name("NAME");
  serve->add_option("--cert", out.cert, "Certificate chain, PEM; without one a self-signed one is made beside the store")
      ->type_name("FILE");
  serve->add_option("--key", out.key, "The certificate's key, PEM")->type_name("FILE");
  serve->add_option("--ingest-token-file", out.ingest_token_file, "File that holds the bearer token of /v1")->type_name("FILE");
  serve->add_option("--threads", out.threads, "Event loops (default: one a processor, at most 2)")->check(CLI::Range(1, 15));
  serve->add_flag("--take-over", out.take_over, "Take the place of the server that runs on this store: nobody is refused meanwhile");
  serve->footer(
      "Example:\n"
      "  openssl rand -hex 32 > token && chmod 600 token\n"
      "  mailwake serve --store sqlite:/var/lib/mailwake/mailwake.db --ingest-token-file token\n"
      "Prints \"mailwake ready https://HOST:PORT\" once it is. SIGTERM answers every PING and ends; SIGHUP reads the certificate again;\n"
      "SIGUSR2 starts the program that is installed now, which takes over.");
  return serve;
}

CLI::App* AddUserAdd(CLI::App& user, UserAddArguments& out) {
  CLI::App* add = user.add_subcommand("add", "Add an account, or give one a new password; reads the password from standard input");
  add->add_option("NAME", out.name, "Account, and the name of its mailbox")->required();
  add->add_option("--store", out.store, "The server's store")->type_name("sqlite:PATH")->capture_default_str();
  add->footer("Example:\n  echo 'correct horse' | mailwake user add ann@example.org --store sqlite:mailwake.db");
  return add;
}

CLI::App* AddUserImport(CLI::App& user, UserImportArguments& out) {
  CLI::App* import = user.add_subcommand("import", "Add the accounts of a Dovecot passwd-file: lines name:{SCHEME}value");
  import->add_option("FILE", out.file, "The passwd-file; \"-\": standard input")->required();
  import->add_option("--store", out.store, "The server's store")->type_name("sqlite:PATH")->capture_default_str();
  import->footer(
      "Schemes: PLAIN, SHA512-CRYPT (up to 1000000 rounds), BLF-CRYPT (up to cost 14), ARGON2ID. All lines are added, or none.\n"
      "\":\" ends a field, as in Dovecot: what follows the next one is left, so a PLAIN password with a colon in it is cut there; give\n"
      "such a password with `mailwake user add`.\n"
      "Example:\n  mailwake user import /etc/dovecot/users --store sqlite:mailwake.db");
  return import;
}

CLI::App* AddUserRemove(CLI::App& user, UserRemoveArguments& out) {
  CLI::App* remove = user.add_subcommand("remove", "Remove an account: its waiting Pings end, and nobody logs in to it any more");
  remove->add_option("NAME", out.name, "Account")->required();
  remove->add_option("--store", out.store, "The server's store")->type_name("sqlite:PATH")->capture_default_str();
  remove->footer(
      "A running server notices within a second or so. What is kept of the mailbox stays, for the case that the account is added again.\n"
      "Example:\n  mailwake user remove ann@example.org --store sqlite:mailwake.db");
  return remove;
}

CLI::App* AddDeviceBlock(CLI::App& device, DeviceArguments& out) {
  CLI::App* command = out.block ? device.add_subcommand("block", "Turn a device of a user away (403); its waiting Pings end")
                                : device.add_subcommand("unblock", "Let it in again");
  command->add_option("USER", out.user, "Account")->required();
  command->add_option("DEVICE", out.device, "The device's id, as /v1/pings and `mailwake explain` have it")->required();
  command->add_option("--store", out.store, "The server's store")->type_name("sqlite:PATH")->capture_default_str();
  command->footer(std::string("A running server notices within a second or so.\nExample:\n  mailwake device ") +
                  (out.block ? "block" : "unblock") + " ann@example.org ApplDN6T --store sqlite:mailwake.db");
  return command;
}

void AddServer(CLI::App* command, ServerArguments& out) {
  command->add_option("--server", out.url, "The server")->type_name("URL")->capture_default_str();
  CLI::Option* ca = command->add_option("--ca", out.ca_file, "Certificates to trust, PEM (default: the system's)")->type_name("FILE");
  command->add_flag("--insecure", out.insecure, "Do not check the server's certificate")->excludes(ca);
}

CLI::App* AddPublish(CLI::App& app, PublishArguments& out) {
  CLI::App* publish = app.add_subcommand("publish", "Report a change, or many as NDJSON lines from standard input");
  CLI::Option* mailbox = publish->add_option("MAILBOX", out.mailbox, "Mailbox in which something changed; none: lines from standard input");
  CLI::Option* folder = publish->add_option("FOLDER", out.folder, "Folder in it");
  mailbox->needs(folder);
  publish->add_option("--class", out.item_class, "email, calendar, contacts, tasks or notes")->capture_default_str()->needs(folder);
  publish->add_option("--kind", out.kind, "added, changed, deleted or flags")->capture_default_str()->needs(folder);
  publish->add_option("--device", out.device, "The device that made the change, and so needs no wake for it")->needs(folder);
  publish->add_option("--token-file", out.token_file, "File that holds the server's ingest token")->type_name("FILE")->required();
  AddServer(publish, out.server);
  publish->footer(
      "Examples:\n"
      "  mailwake publish ann@example.org inbox --token-file token --ca mailwake.db.cert.pem\n"
      "  mailwake publish --token-file token < changes.ndjson\n"
      "A line: {\"mailbox\":\"ann@example.org\",\"folder\":\"inbox\",\"class\":\"email\",\"kind\":\"added\"}");
  return publish;
}

CLI::App* AddFolders(CLI::App& app, FoldersArguments& out) {
  CLI::App* folders = app.add_subcommand("folders", "Declare the folder list of a mailbox; works beside a running server");
  folders->add_option("MAILBOX", out.mailbox, "Mailbox whose list it is")->required();
  folders->add_option("FILE", out.file, "JSON array of the folders, the whole list; \"-\": standard input")->capture_default_str();
  folders->add_option("--token-file", out.token_file, "File that holds the server's ingest token")->type_name("FILE")->required();
  AddServer(folders, out.server);
  folders->footer(
      "A folder: {\"id\":\"inbox\",\"name\":\"Inbox\",\"class\":\"email\",\"type\":2}; \"type\" and \"parent\" may be left out.\n"
      "Devices whose list is older are told to fetch it; the same list again changes nothing.\n"
      "Example:\n  mailwake folders ann@example.org folders.json --token-file token --ca mailwake.db.cert.pem");
  return folders;
}

CLI::App* AddExplain(CLI::App& app, ExplainArguments& out) {
  CLI::App* explain = app.add_subcommand("explain", "Say why a device waits, or how its last PINGs ended");
  explain->add_option("--device", out.device, "The device's id")->required();
  explain->add_option("--mailbox", out.mailbox, "Its mailbox (default: where a PING of it is held or ended lately)");
  explain->add_flag("--json", out.json, "The server's answer as it came");
  explain->add_option("--token-file", out.token_file, "File that holds the server's ingest token")->type_name("FILE")->required();
  AddServer(explain, out.server);
  explain->footer("Example:\n  mailwake explain --device ApplDN6T --token-file token --ca mailwake.db.cert.pem");
  return explain;
}

CLI::App* AddPing(CLI::App& app, PingArguments& out) {
  CLI::App* ping = app.add_subcommand("ping", "Be one device: send an ActiveSync Ping and print how it ends");
  ping->add_option("--user", out.user, "Account")->required();
  ping->add_option("--password-file", out.password_file, "File that holds its password (default: standard input)")->type_name("FILE");
  ping->add_option("--device", out.device, "The device's id")->capture_default_str();
  ping->add_option("--folder", out.folders, "Folder to watch, several times for several (default: those of the device's last Ping)")
      ->type_name("ID[:CLASS]")
      ->expected(1)
      ->take_all();
  ping->add_option("--heartbeat", out.heartbeat_s, "Seconds to wait (default: as in the device's last Ping)")->check(CLI::Range(1, 86'400));
  ping->add_flag("--sync", out.sync, "Sync the folders first, so that only later changes end the Ping");
  AddServer(ping, out.server);
  ping->footer(
      "Example:\n"
      "  mailwake ping --user ann@example.org --password-file pw --folder inbox:email --heartbeat 480 --sync --ca mailwake.db.cert.pem\n"
      "Exit code 0: the heartbeat ended (status 1) or something changed (status 2); 1: anything else.");
  return ping;
}

CommandLine Parse(CLI::App& app, int argc, char** argv) {
  All all;
  const CLI::App* serve = AddServe(app, all.serve);
  CLI::App* user = app.add_subcommand("user", "Accounts of the server; works beside a running one");
  user->require_subcommand(1);
  const CLI::App* user_add = AddUserAdd(*user, all.user_add);
  const CLI::App* user_import = AddUserImport(*user, all.user_import);
  const CLI::App* user_remove = AddUserRemove(*user, all.user_remove);
  CLI::App* device = app.add_subcommand("device", "Devices that are turned away; works beside a running server");
  device->require_subcommand(1);
  const CLI::App* block = AddDeviceBlock(*device, all.block);
  const CLI::App* unblock = AddDeviceBlock(*device, all.unblock);
  const CLI::App* publish = AddPublish(app, all.publish);
  const CLI::App* folders = AddFolders(app, all.folders);
  const CLI::App* explain = AddExplain(app, all.explain);
  const CLI::App* ping = AddPing(app, all.ping);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // What is missing is often only misspelled: name that first.
    const std::vector<std::string> unknown = app.remaining(true);
    const bool say_unknown = error.get_exit_code() != 0 && !unknown.empty();
    const int code = say_unknown ? app.exit(CLI::ExtrasError({unknown.rbegin(), unknown.rend()})) : app.exit(error);
    return {.arguments = std::nullopt, .exit_code = code == 0 ? 0 : kExitUsage};
  }
  if (serve->parsed()) return {.arguments = all.serve};
  if (user_add->parsed()) return {.arguments = all.user_add};
  if (user_import->parsed()) return {.arguments = all.user_import};
  if (user_remove->parsed()) return {.arguments = all.user_remove};
  if (block->parsed()) return {.arguments = all.block};
  if (unblock->parsed()) return {.arguments = all.unblock};
  if (publish->parsed()) return {.arguments = all.publish};
  if (folders->parsed()) return {.arguments = all.folders};
  if (explain->parsed()) return {.arguments = all.explain};
  if (ping->parsed()) return {.arguments = all.ping};
  return {.arguments = std::nullopt, .exit_code = kExitUsage};
}

}  // namespace

CommandLine ParseCommandLine(int argc, char** argv) {
  CLI::App app("mailwake: tells waiting devices when their mailbox changes", "mailwake");
  app.require_subcommand(1);
  app.set_version_flag("--version", "mailwake " MAILWAKE_VERSION);
  app.footer("\"mailwake COMMAND --help\" says more. Begin with: mailwake user add, mailwake serve, mailwake ping.");
  return Parse(app, argc, argv);
}

}  // namespace mailwake::server
