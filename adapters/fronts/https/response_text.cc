// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/response_text.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>

namespace mailwake::internal {
namespace {

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::string_view Reason(int status) {
  if (status == 449) return "Retry With";  // Exchange's own; the registry has no 449
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {reason.data(), reason.size()};
}

void AppendClean(std::string& out, std::string_view text) {
  const std::size_t first = out.size();
  out.append(text);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      ' ');
}

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::string ResponseText(const HttpResponse& response, const ResponseContext& context) {
  std::string out;
  out.reserve(256 + response.headers.size() * 64 + (context.head ? 0 : response.body.size()));
  absl::StrAppend(&out, "HTTP/1.1 ", response.status, " ", View(Reason(response.status)), "\r\n");
  absl::StrAppend(&out, "Date: ", View(context.date), "\r\n");
  for (const auto& [name, value] : response.headers) {
    AppendClean(out, name);
    out += ": ";
    AppendClean(out, value);
    out += "\r\n";
  }
  if (HasBody(response.status)) absl::StrAppend(&out, "Content-Length: ", response.body.size(), "\r\n");
  if (!context.keep_alive) {
    out += "Connection: close\r\n";
  } else if (context.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (HasBody(response.status) && !context.head) out += response.body;
  return out;
}

std::string HttpDate(std::time_t time) {
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&time, &utc);
  // Not by %a and %b: those speak the locale's language.
  char clock[16];
  std::strftime(clock, sizeof(clock), "%H:%M:%S", &utc);
  return absl::StrCat(kDays[utc.tm_wday], ", ", absl::Dec(utc.tm_mday, absl::kZeroPad2), " ", kMonths[utc.tm_mon], " ", utc.tm_year + 1900,
                      " ", clock, " GMT");
}

HttpResponse TextResponse(int status, std::string_view line) {
  return {.status = status, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = std::string(line) + "\n"};
}

}  // namespace mailwake::internal
