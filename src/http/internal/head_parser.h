// SPDX-License-Identifier: Apache-2.0
// The heads of HTTP/1 messages, read strictly: whatever two parsers could read in two ways (RFC 9112, section 11.2) is refused.
// The trick: the caller collects bytes until ScanHead finds the empty line, then one pure function looks at the whole head.
// All functions are pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"

namespace sagebrush::http::internal {

// How the end of a body is found.
struct Framing {
  enum class Kind { kNone, kLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;
};

struct RequestHead {
  Request request;  // without the peer
  int minor_version = 1;
  Framing framing;
  bool keep_alive = true;
  bool expect_continue = false;
};

struct ResponseHead {
  Response response;  // without the body
  Framing framing;
  bool keep_alive = true;
};

// Why a head is refused: the status for the client, and a sentence.
struct HeadError {
  int status = 400;
  std::string text;
};

struct HeadScan {
  enum class State { kMore, kComplete, kBareLineFeed };
  State state = State::kMore;
  std::size_t bytes = 0;  // of the head with its empty line, when complete
};

// Looks for the empty line in `buffer`; bytes before `from` were scanned already.
HeadScan ScanHead(std::string_view buffer, std::size_t from);

std::variant<RequestHead, HeadError> ParseRequestHead(std::string_view head);
// `method` is the request's: an answer to HEAD or CONNECT has no body.
std::variant<ResponseHead, HeadError> ParseResponseHead(std::string_view head,
                                                        std::string_view method);

}  // namespace sagebrush::http::internal
