// SPDX-License-Identifier: Apache-2.0
// Strict parsing of request and response heads. Pure functions over a complete head.
#include "http/internal/head_parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "http/authority.h"
#include "http/field_syntax.h"

namespace sagebrush::http::internal {
namespace {

constexpr std::size_t kMaxFields = 256;

bool IsTargetByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;  // raw UTF-8 is let through: curl sends it
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes one line with its CRLF off the front. ScanHead has made sure that each line feed follows a carriage return.
std::string_view TakeLine(std::string_view* text) {
  const std::size_t end = text->find("\r\n");
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 2);
  return line;
}

std::optional<HeadError> ParseFields(std::string_view lines, Headers* headers) {
  while (!lines.empty()) {
    const std::string_view line = TakeLine(&lines);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      return HeadError{400, "A header field must not be folded over several lines."};
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return HeadError{400, "A header line has no colon."};
    const std::string_view name = line.substr(0, colon);
    if (!IsToken(name))
      return HeadError{400, "A header field's name is not valid (mind spaces before the colon)."};
    const std::string_view value = TrimBlanks(line.substr(colon + 1));
    if (!IsFieldValue(value)) {
      return HeadError{400,
                       "The header field " + std::string(name) + " holds a control character."};
    }
    if (headers->size() == kMaxFields)
      return HeadError{431, "The request has too many header fields."};
    headers->Add(std::string(name), std::string(value));
  }
  return std::nullopt;
}

struct Lengths {
  Framing framing;
  bool stated = false;  // whether a header spoke about it
};

std::variant<Lengths, HeadError> ReadLengths(const Headers& headers, int minor_version) {
  Lengths lengths;
  const auto codings = headers.GetAll("Transfer-Encoding");
  const auto values = headers.GetAll("Content-Length");
  if (!codings.empty()) {
    if (!values.empty())
      return HeadError{400, "Content-Length and Transfer-Encoding must not come together."};
    if (minor_version == 0) return HeadError{400, "HTTP/1.0 has no Transfer-Encoding."};
    if (codings.size() > 1) return HeadError{400, "Transfer-Encoding must come once."};
    if (!EqualsIgnoreCase(codings[0], "chunked")) {
      return HeadError{501, "The only transfer coding understood is chunked."};
    }
    lengths.framing.kind = Framing::Kind::kChunked;
    lengths.stated = true;
  }
  std::optional<std::uint64_t> length;
  for (const std::string_view value : values) {
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
    const auto number = digits ? ParseUint(value) : std::nullopt;
    if (!number) return HeadError{400, "Content-Length is not a number."};
    if (length && *length != *number)
      return HeadError{400, "Content-Length comes twice with different values."};
    length = number;
  }
  if (length) {
    lengths.framing = {*length == 0 ? Framing::Kind::kNone : Framing::Kind::kLength, *length};
    lengths.stated = true;
  }
  return lengths;
}

// Whether a comma-separated field names the token.
bool ListHas(const Headers& headers, std::string_view field, std::string_view token) {
  for (const std::string_view value : headers.GetAll(field)) {
    for (const std::string_view part : Split(value, ',')) {
      if (EqualsIgnoreCase(TrimBlanks(part), token)) return true;
    }
  }
  return false;
}

bool KeepsAlive(const Headers& headers, int minor_version) {
  if (ListHas(headers, "Connection", "close")) return false;
  return minor_version >= 1 || ListHas(headers, "Connection", "keep-alive");
}

}  // namespace

HeadScan ScanHead(std::string_view buffer, std::size_t from) {
  for (;;) {
    const std::size_t feed = buffer.find('\n', from);
    if (feed == std::string_view::npos) return {};
    if (feed == 0 || buffer[feed - 1] != '\r') return {HeadScan::State::kBareLineFeed, 0};
    if (feed >= 3 && buffer.substr(feed - 3, 4) == "\r\n\r\n")
      return {HeadScan::State::kComplete, feed + 1};
    from = feed + 1;
  }
}

std::variant<RequestHead, HeadError> ParseRequestHead(std::string_view head) {
  RequestHead result;
  Request& request = result.request;
  const std::string_view line = TakeLine(&head);

  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return HeadError{400, "The request line is not 'METHOD target HTTP/1.1'."};
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method)) return HeadError{400, "The request's method is not valid."};
  if (target.empty() || !std::all_of(target.begin(), target.end(), IsTargetByte)) {
    return HeadError{400, "The request's target holds a space or a control character."};
  }
  if (version == "HTTP/1.1") {
    result.minor_version = 1;
  } else if (version == "HTTP/1.0") {
    result.minor_version = 0;
  } else if (version.starts_with("HTTP/")) {
    return HeadError{505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
  } else {
    return HeadError{400, "The request line does not end with a version of HTTP."};
  }

  const std::string lower_target = ToLower(target.substr(0, 8));
  const bool absolute = lower_target.starts_with("http://") || lower_target.starts_with("https://");
  if (method == "CONNECT") {
    if (!ParseAuthority(target))
      return HeadError{400, "CONNECT needs a target of the form host:port."};
  } else if (target.front() != '/' && !absolute && !(target == "*" && method == "OPTIONS")) {
    return HeadError{400, "The request's target must begin with '/' or be a whole URL."};
  }

  if (auto error = ParseFields(head, &request.headers)) return *std::move(error);
  const auto hosts = request.headers.GetAll("Host");
  if (hosts.size() > 1) return HeadError{400, "Host must come once."};
  if (hosts.empty() && result.minor_version >= 1)
    return HeadError{400, "The header field Host is missing."};

  auto lengths = ReadLengths(request.headers, result.minor_version);
  if (auto* error = std::get_if<HeadError>(&lengths)) return std::move(*error);
  result.framing = std::get<Lengths>(lengths).framing;
  if (method == "CONNECT" && result.framing.kind != Framing::Kind::kNone) {
    return HeadError{400, "CONNECT has no body."};
  }

  // Another expectation than 100-continue may be refused or left alone (RFC 9110 10.1.1). S3 leaves it alone.
  const auto expect = request.headers.Get("Expect");
  result.expect_continue = expect && result.minor_version >= 1 &&
                           result.framing.kind != Framing::Kind::kNone &&
                           EqualsIgnoreCase(*expect, "100-continue");
  result.keep_alive = KeepsAlive(request.headers, result.minor_version);
  request.method = std::string(method);
  request.target = std::string(target);
  return result;
}

std::variant<ResponseHead, HeadError> ParseResponseHead(std::string_view head,
                                                        std::string_view method) {
  ResponseHead result;
  const std::string_view line = TakeLine(&head);
  // "HTTP/1.1 200 OK"; some servers leave the phrase and even its space out.
  const bool shaped = line.size() >= 12 && line.starts_with("HTTP/1.") &&
                      (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                      (line.size() == 12 || line[12] == ' ');
  const auto status = shaped ? ParseUint(line.substr(9, 3)) : std::nullopt;
  if (!status || *status < 100 || *status > 599 || !IsFieldValue(line)) {
    return HeadError{502, "The answer's first line is not HTTP/1.1."};
  }
  const int minor_version = line[7] - '0';
  result.response.status = static_cast<int>(*status);
  if (auto error = ParseFields(head, &result.response.headers)) return *std::move(error);
  auto lengths = ReadLengths(result.response.headers, minor_version);
  if (auto* error = std::get_if<HeadError>(&lengths)) return std::move(*error);

  const int code = result.response.status;
  const bool bodiless = method == "HEAD" || code < 200 || code == 204 || code == 304 ||
                        (method == "CONNECT" && code < 300);
  if (!bodiless) {
    result.framing = std::get<Lengths>(lengths).framing;
    if (!std::get<Lengths>(lengths).stated) result.framing.kind = Framing::Kind::kUntilClose;
  }
  result.keep_alive = KeepsAlive(result.response.headers, minor_version) &&
                      result.framing.kind != Framing::Kind::kUntilClose;
  return result;
}

}  // namespace sagebrush::http::internal
