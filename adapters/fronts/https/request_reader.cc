// SPDX-License-Identifier: Apache-2.0
#include "adapters/fronts/https/request_reader.h"

#include <absl/strings/match.h>
#include <absl/strings/string_view.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <utility>

namespace mailwake::internal {
namespace {

namespace http = boost::beast::http;
using Text = boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

// A body of a known length gets its room at once up to this; a longer one must arrive first.
constexpr std::size_t kReserve = 4 * 1024;

std::string_view View(Text text) { return {text.data(), text.size()}; }

bool Is(Text text, std::string_view word) {
  return absl::EqualsIgnoreCase(absl::string_view(text.data(), text.size()), absl::string_view(word.data(), word.size()));
}

bool IsDigits(Text text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

HttpError Translate(const ErrorCode& ec) {
  if (ec == http::error::body_limit) return {413, "the body is larger than this server takes"};
  if (ec == http::error::header_limit) return {431, "the header is larger than this server takes"};
  if (ec == http::error::bad_version) return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  if (ec == http::error::bad_content_length || ec == http::error::multiple_content_length)
    return {400, "Content-Length is wrong, given twice, or given beside Transfer-Encoding"};
  if (ec == http::error::bad_transfer_encoding) return {400, "Transfer-Encoding is given twice or beside Content-Length"};
  if (ec == http::error::bad_chunk || ec == http::error::bad_chunk_extension) return {400, "the chunked body is malformed"};
  return {400, "this is not an HTTP request"};
}

// The line endings of a whole header. Beast joins folded lines and lets a bare CR be; others do otherwise.
bool LinesAreClean(std::string_view header) {
  if (header.find('\0') != std::string_view::npos) return false;
  while (!header.empty()) {
    const std::size_t end = header.find('\n');
    if (end == std::string_view::npos) return false;
    if (const std::size_t cr = header.find('\r'); cr == std::string_view::npos || cr + 1 != end) return false;
    header.remove_prefix(end + 1);
    if (header.starts_with(' ') || header.starts_with('\t')) return false;
  }
  return true;
}

}  // namespace

// Keeps what Beast's parser finds, and refuses what it would let pass.
class RequestReader::Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(const RequestLimits& limits) : most_fields_(limits.fields) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.header_bytes, UINT32_MAX)));
    body_limit(limits.body_bytes);
  }

  HttpRequest request;
  std::size_t header_bytes = 0;  // that `request` holds
  HttpError refused{0, {}};
  bool expects_continue = false;
  bool http_1_0 = false;

 private:
  void Refuse(int status, std::string_view text, ErrorCode& ec) {
    refused = {status, text};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, Text method, Text target, int version, ErrorCode&) override {
    http_1_0 = version < 11;
    request.method = View(method);
    request.target = View(target);
    header_bytes = method.size() + target.size();
    request.headers.reserve(8);
  }

  void on_field_impl(http::field field, Text name, Text value, ErrorCode& ec) override {
    if (header_done_) return;  // a trailer: it may not change what was decided
    if (field == http::field::transfer_encoding) {
      has_transfer_encoding_ = true;
      if (!Is(value, "chunked")) return Refuse(501, "the only Transfer-Encoding that this server knows is chunked", ec);
    }
    // Beast takes "5, 5" and equal repetitions; a proxy before us may have taken another one.
    if (field == http::field::content_length && (std::exchange(has_length_, true) || !IsDigits(value)))
      return Refuse(400, "Content-Length is wrong or given twice", ec);
    if (field == http::field::host) ++hosts_;
    if (field == http::field::expect) {
      if (!Is(value, "100-continue")) return Refuse(417, "the only Expect that this server knows is 100-continue", ec);
      expects_continue = true;
    }
    if (request.headers.size() == most_fields_) return Refuse(431, "the header has more fields than this server takes", ec);
    request.headers.emplace_back(View(name), View(value));
    header_bytes += name.size() + value.size() + kFieldBytes;
  }

  void on_header_impl(ErrorCode& ec) override {
    header_done_ = true;
    if (hosts_ > 1 || (hosts_ == 0 && !http_1_0)) return Refuse(400, "there must be one Host", ec);
    if (has_transfer_encoding_ && http_1_0) return Refuse(400, "HTTP/1.0 has no Transfer-Encoding", ec);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    if (length.has_value()) request.body.reserve(std::min<std::uint64_t>(*length, kReserve));
  }

  std::size_t on_body_impl(Text body, ErrorCode&) override {
    request.body.append(body.data(), body.size());
    return body.size();
  }

  std::size_t on_chunk_body_impl(std::uint64_t, Text body, ErrorCode& ec) override { return on_body_impl(body, ec); }
  void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override {}
  void on_response_impl(int, Text, int, ErrorCode&) override {}
  void on_finish_impl(ErrorCode&) override {}

  std::size_t most_fields_;
  bool header_done_ = false;
  bool has_length_ = false;
  bool has_transfer_encoding_ = false;
  int hosts_ = 0;
};

RequestReader::RequestReader(const RequestLimits& limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

RequestReader::Progress RequestReader::Read(std::string_view bytes, std::size_t& used) {
  return in_body_ ? ReadBody(bytes, used) : ReadHeader(bytes, used);
}

RequestReader::Progress RequestReader::ReadHeader(std::string_view bytes, std::size_t& used) {
  used = 0;
  // Some clients send an empty line after a body (RFC 9112 section 2.2).
  while (partial_.empty() && used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n')) ++used;
  const std::string_view fresh = bytes.substr(used);
  if (fresh.empty()) return Progress::kMore;
  const std::size_t before = partial_.size();
  const std::string_view room = fresh.substr(0, limits_.header_bytes - std::min(before, limits_.header_bytes) + 1);
  if (before > 0) partial_.append(room);
  const std::string_view header = before > 0 ? std::string_view(partial_) : room;
  const std::size_t end = header.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string_view::npos) {
    if (before == 0) partial_ = room;
    used = bytes.size();
    if (partial_.size() > limits_.header_bytes) return Fail(431, "the header is larger than this server takes");
    // A line that ends otherwise will never become one of ours; better told now than by a timeout.
    for (std::size_t at = partial_.find('\n', before); at != std::string::npos; at = partial_.find('\n', at + 1)) {
      if (at == 0 || partial_[at - 1] != '\r') return Fail(400, "lines end with CR LF");
    }
    return Progress::kMore;
  }
  if (end + 4 > limits_.header_bytes) return Fail(431, "the header is larger than this server takes");
  used += end + 4 - before;
  const Progress parsed = ParseHeader(header.substr(0, end + 4));
  std::string().swap(partial_);
  if (parsed == Progress::kDone || parsed == Progress::kFailed || used == bytes.size()) return parsed;
  std::size_t body_used = 0;
  const Progress body = ReadBody(bytes.substr(used), body_used);
  used += body_used;
  return body;
}

RequestReader::Progress RequestReader::ParseHeader(std::string_view header) {
  if (!LinesAreClean(header)) return Fail(400, "a line of the header is folded, or does not end with CR LF");
  parsing_ = true;
  if (parser_ == nullptr) {
    parser_ = std::make_unique<Parser>(limits_);
  } else {
    *parser_ = Parser(limits_);
  }
  ErrorCode ec;
  parser_->put(boost::asio::buffer(header.data(), header.size()), ec);
  if (parser_->refused.status != 0) return Fail(parser_->refused.status, parser_->refused.text);
  if (ec || !parser_->is_header_done()) {
    const HttpError error = Translate(ec);
    return Fail(error.status, error.text);
  }
  if (parser_->is_done()) return Progress::kDone;
  in_body_ = true;
  return parser_->expects_continue && !parser_->http_1_0 ? Progress::kContinue : Progress::kMore;
}

// The parser sees at most a header's worth at a time: what it can do nothing with, the header of a chunk or a trailer, is too large then,
// however it was cut on its way.
RequestReader::Progress RequestReader::ReadBody(std::string_view bytes, std::size_t& used) {
  // Beast 1.81 asserts that a last chunk that it is given a second time has at least five bytes. Any chunked rest has as many: wait for
  // them.
  constexpr std::size_t kLastChunk = 5;
  if (!partial_.empty()) partial_.append(bytes);
  std::string_view input = partial_.empty() ? bytes : std::string_view(partial_);
  used = bytes.size();
  while (!input.empty() && !(parser_->chunked() && input.size() < kLastChunk)) {
    const std::string_view window = input.substr(0, std::max(limits_.header_bytes, kLastChunk));
    ErrorCode ec;
    const std::size_t taken = parser_->put(boost::asio::buffer(window.data(), window.size()), ec);
    input.remove_prefix(taken);
    if (ec && ec != http::error::need_more) {
      const HttpError error = parser_->refused.status != 0 ? parser_->refused : Translate(ec);
      return Fail(error.status, error.text);
    }
    if (parser_->is_done()) {
      used = bytes.size() - std::min(input.size(), bytes.size());
      return Progress::kDone;
    }
    if (taken > 0) continue;
    if (window.size() >= limits_.header_bytes) return Fail(400, "a chunk's header is larger than this server takes");
    break;
  }
  std::string rest(input);
  partial_.swap(rest);
  return Progress::kMore;
}

RequestReader::Progress RequestReader::Fail(int status, std::string_view text) {
  error_ = {status, text};
  return Progress::kFailed;
}

void RequestReader::Restart() {
  std::string().swap(partial_);
  parsing_ = in_body_ = false;
  error_ = {};
  if (parser_ != nullptr) parser_->request = {}, parser_->header_bytes = 0;
}

std::size_t RequestReader::buffered() const {
  return partial_.size() + (parsing_ ? parser_->header_bytes + parser_->request.body.size() : 0);
}

HttpRequest RequestReader::TakeRequest() { return std::move(parser_->request); }

bool RequestReader::keep_alive() const { return parser_->keep_alive(); }

bool RequestReader::http_1_0() const { return parser_->http_1_0; }

}  // namespace mailwake::internal
