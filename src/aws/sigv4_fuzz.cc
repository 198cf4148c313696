// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a request's Authorization field, query and headers, from parse to verdict. The input
// is read as lines: target, Authorization, then "Name: value" fields.
#include <cstddef>
#include <cstdint>
#include <string>

#include "aws/sigv4.h"
#include "base/strings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sagebrush;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  http::Request request;
  request.method = "GET";
  const auto lines = Split(text, '\n');
  request.target = lines[0];
  if (lines.size() > 1 && !lines[1].empty())
    request.headers.Add("Authorization", std::string(lines[1]));
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos) continue;
    request.headers.Add(std::string(lines[i].substr(0, colon)),
                        std::string(lines[i].substr(colon + 1)));
  }
  const auto presented = aws::ParsePresented(request);
  if (presented.ok() && *presented) {
    for (const char* service : {"s3", "sts"}) (void)aws::CheckScope(**presented, service);
    if (aws::Verify(request, **presented, "secret", aws::kEmptyPayloadHash,
                    FromMillis(1'795'551'460'000))
            .ok() &&
        size < 40)
      __builtin_trap();  // nobody guesses a signature
  }
  return 0;
}
