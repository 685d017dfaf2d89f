// SPDX-License-Identifier: Apache-2.0

#include "adapters/server/config_keys.h"

#include <absl/strings/str_cat.h>
#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <sstream>
#include <vector>

namespace mailwake::server {
namespace {

// Takes a value; answers what is allowed if it does not fit.
using Take = std::function<std::optional<std::string>(const toml::node& value, Config& config)>;

struct Key {
  std::string name;  // dotted
  Take take;
};

Take Text(std::string Config::*member) {
  return [member](const toml::node& value, Config& config) -> std::optional<std::string> {
    if (!value.is_string()) return "a string";
    config.*member = value.as_string()->get();
    return std::nullopt;
  };
}

Take Flag(bool Config::*member) {
  return [member](const toml::node& value, Config& config) -> std::optional<std::string> {
    if (!value.is_boolean()) return "true or false";
    config.*member = value.as_boolean()->get();
    return std::nullopt;
  };
}

// A text that a check of its own judges.
Take Checked(std::string Config::*member, std::function<absl::Status(const std::string&)> check) {
  return [member, check = std::move(check)](const toml::node& value, Config& config) -> std::optional<std::string> {
    if (!value.is_string()) return "a string";
    const absl::Status fits = check(value.as_string()->get());
    if (!fits.ok()) {
      const std::string message(fits.message());
      const std::size_t allowed = message.find("it must be ");
      return allowed == std::string::npos ? message : message.substr(allowed + 11);
    }
    config.*member = value.as_string()->get();
    return std::nullopt;
  };
}

Take Number(std::int64_t least, std::int64_t most, std::function<void(Config&, std::int64_t)> set) {
  return [least, most, set = std::move(set)](const toml::node& value, Config& config) -> std::optional<std::string> {
    if (!value.is_integer() || value.as_integer()->get() < least || value.as_integer()->get() > most) {
      return absl::StrCat("a whole number from ", least, " to ", most);
    }
    set(config, value.as_integer()->get());
    return std::nullopt;
  };
}

std::optional<std::string> TakeAcknowledge(const toml::node& value, Config& config) {
  const std::string word = value.is_string() ? value.as_string()->get() : std::string();
  if (word != "sync" && word != "ping") return "\"sync\" or \"ping\"";
  config.acknowledge = word == "sync" ? Acknowledge::kSync : Acknowledge::kPing;
  return std::nullopt;
}

std::optional<std::string> TakeMinTls(const toml::node& value, Config& config) {
  const std::string word = value.is_string() ? value.as_string()->get() : std::string();
  if (word != "1.2" && word != "1.3") return "\"1.2\" or \"1.3\"";
  config.tls_1_3_only = word == "1.3";
  return std::nullopt;
}

std::optional<std::string> TakeProxies(const toml::node& value, Config& config) {
  const toml::array* const array = value.as_array();
  if (array == nullptr || !array->is_homogeneous<std::string>()) return "an array of addresses, as [\"127.0.0.1\", \"10.0.0.0/8\"]";
  config.proxies.clear();
  for (const toml::node& proxy : *array) config.proxies.push_back(proxy.as_string()->get());
  return std::nullopt;
}

std::vector<Key> MakeKeys() {
  std::vector<Key> keys = {
      {"listen", Checked(&Config::listen, [](const std::string& text) { return CheckListen(text); })},
      {"store", Checked(&Config::store, [](const std::string& text) { return StorePath(text).status(); })},
      {"user", Text(&Config::user)},
      {"cert", Text(&Config::cert)},
      {"key", Text(&Config::key)},
      {"tls.second_cert", Text(&Config::tls_second_cert)},
      {"tls.second_key", Text(&Config::tls_second_key)},
      {"tls.min_version", TakeMinTls},
      {"tls.ciphers", Text(&Config::tls_ciphers)},
      {"tls.client_ca", Text(&Config::tls_client_ca)},
      {"tls.ocsp_response", Text(&Config::tls_ocsp_response)},
      {"proxy.trusted", TakeProxies},
      {"proxy.protocol", Flag(&Config::proxy_protocol)},
      {"ingest_token_file", Text(&Config::ingest_token_file)},
      {"acknowledge", TakeAcknowledge},
      {"pin_loops", Flag(&Config::pin_loops)},
      {"drain_s", Number(0, 3'600, [](Config& c, std::int64_t n) { c.drain = std::chrono::seconds(n); })},
      {"heartbeat.min_s", Number(1, 86'400, [](Config& c, std::int64_t n) { c.heartbeat_min = std::chrono::seconds(n); })},
      {"heartbeat.max_s", Number(1, 86'400, [](Config& c, std::int64_t n) { c.heartbeat_max = std::chrono::seconds(n); })},
      {"limits.folders_per_ping", Number(1, 5'000, [](Config& c, std::int64_t n) { c.folders_per_ping = n; })},
      {"limits.pings", Number(1, 10'000'000, [](Config& c, std::int64_t n) { c.pings = n; })},
      {"limits.pings_per_mailbox", Number(1, 1'000'000, [](Config& c, std::int64_t n) { c.pings_per_mailbox = n; })},
      {"limits.memory_mib", Number(16, 16'000'000, [](Config& c, std::int64_t n) { c.memory_mib = n; })},
      {"limits.connections_per_address", Number(1, 10'000'000, [](Config& c, std::int64_t n) { c.connections_per_address = n; })},
      {"limits.unknown_requests_per_second",
       Number(0, 1'000, [](Config& c, std::int64_t n) { c.unknown_requests_per_second = static_cast<std::uint32_t>(n); })},
      {"limits.connections_per_user", Number(1, 10'000'000, [](Config& c, std::int64_t n) { c.connections_per_user = n; })},
      {"limits.password_threads", Number(1, 64, [](Config& c, std::int64_t n) { c.password_threads = static_cast<std::size_t>(n); })},
      {"limits.requests_per_user_minute", Number(0, 1'000'000'000, [](Config& c, std::int64_t n) { c.requests_per_user_minute = n; })},
      {"limits.requests_per_address_minute",
       Number(0, 1'000'000'000, [](Config& c, std::int64_t n) { c.requests_per_address_minute = n; })},
  };
  for (std::size_t i = 0; i < kItemClasses; ++i) {
    const std::string name(Name(static_cast<ItemClass>(i)));
    keys.push_back({"coalesce." + name + "_ms", Number(0, 3'600'000, [i](Config& c, std::int64_t n) { c.coalesce[i] = Duration(n); })});
  }
  return keys;
}

const std::vector<Key>& Keys() {
  static const std::vector<Key> keys = MakeKeys();
  return keys;
}

std::string Place(const std::string& file, const toml::source_region& source) {
  return absl::StrCat(file, ":", source.begin.line, ":", source.begin.column, ": ");
}

std::string Shown(const toml::node& value) {
  if (value.is_table()) return "a table";
  if (value.is_array()) return "an array";
  std::ostringstream text;
  value.visit([&](const auto& typed) { text << toml::toml_formatter(typed); });
  return text.str();
}

// The keys that stand beside `name`: the top ones, or those of its table.
std::string KeysBeside(const std::string& name) {
  const auto table = [](const std::string& key) { return key.substr(0, key.find('.') == std::string::npos ? 0 : key.find('.')); };
  std::string wanted = table(name);
  bool known = false;
  for (const Key& key : Keys()) known = known || table(key.name) == wanted;
  if (!known) wanted.clear();
  std::string list;
  std::string last_table;
  for (const Key& key : Keys()) {
    if (table(key.name) == wanted) {
      absl::StrAppend(&list, list.empty() ? "" : ", ", key.name);
    } else if (wanted.empty() && table(key.name) != last_table) {
      last_table = table(key.name);
      absl::StrAppend(&list, list.empty() ? "" : ", ", "[", last_table, "]");
    }
  }
  return list;
}

bool IsTable(const std::string& name) {
  for (const Key& key : Keys()) {
    if (key.name.compare(0, name.size() + 1, name + ".") == 0) return true;
  }
  return false;
}

absl::Status Apply(const toml::table& table, const std::string& prefix, const std::string& file, Config& config) {
  for (const auto& [toml_key, value] : table) {
    const std::string name = prefix + std::string(toml_key.str());
    const std::string place = Place(file, toml_key.source());
    if (IsTable(name)) {
      if (!value.is_table())
        return absl::InvalidArgumentError(absl::StrCat(place, name, " is ", Shown(value), ": it must be a table [", name, "]"));
      if (absl::Status inner = Apply(*value.as_table(), name + ".", file, config); !inner.ok()) return inner;
      continue;
    }
    const Key* known = nullptr;
    for (const Key& key : Keys()) {
      if (key.name == name) known = &key;
    }
    if (known == nullptr) return absl::InvalidArgumentError(absl::StrCat(place, name, " is not a setting: allowed are ", KeysBeside(name)));
    if (const std::optional<std::string> allowed = known->take(value, config)) {
      return absl::InvalidArgumentError(absl::StrCat(place, name, " is ", Shown(value), ": it must be ", *allowed));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyToml(std::string_view text, const std::string& file, Config& config) {
  try {
    const toml::table table = toml::parse(text, file);
    return Apply(table, "", file, config);
  } catch (const toml::parse_error& error) {
    const std::string_view what = error.description();
    return absl::InvalidArgumentError(absl::StrCat(Place(file, error.source()), absl::string_view(what.data(), what.size())));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", error.what()));
  }
}

}  // namespace mailwake::server
