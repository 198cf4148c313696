// SPDX-License-Identifier: Apache-2.0
// Requests as text in tests: a request line, header lines, an empty line, the body. The texts in
// the tests beside this are what botocore 1.44.5 sends, taken just before sending; dates, agents
// and signatures are left out.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace sagebrush::aws {

struct RequestText {
  http::Request request;
  std::string body;

  explicit RequestText(std::string_view text) {
    const std::size_t gap = text.find("\n\n");
    std::string_view head = text.substr(0, gap);
    if (gap != std::string_view::npos) body = text.substr(gap + 2);
    const std::string_view line = TakeLine(&head);
    const std::size_t space = line.find(' ');
    request.method = line.substr(0, space);
    request.target = line.substr(space + 1);
    while (!head.empty()) {
      const std::string_view field = TakeLine(&head);
      const std::size_t colon = field.find(": ");
      request.headers.Add(std::string(field.substr(0, colon)),
                          std::string(field.substr(colon + 2)));
    }
  }

  // Signed for the service, as far as routing looks at it.
  RequestText& SignedFor(std::string_view service) {
    request.headers.Add("Authorization",
                        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-west-2/" +
                            std::string(service) +
                            "/aws4_request, SignedHeaders=host;x-amz-date, Signature=00");
    return *this;
  }

 private:
  static std::string_view TakeLine(std::string_view* text) {
    const std::size_t end = text->find('\n');
    const std::string_view line = text->substr(0, end);
    text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
    return line;
  }
};

}  // namespace sagebrush::aws
