// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4_canonical.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace sagebrush::aws::internal {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void AppendCollapsed(std::string_view value, std::string* out) {
  bool pending_blank = false;
  for (const char c : Trim(value)) {
    if (IsBlank(c)) {
      pending_blank = true;
      continue;
    }
    if (std::exchange(pending_blank, false)) *out += ' ';
    *out += c;
  }
}

std::string DecodeOrKeep(std::string_view text) {
  auto decoded = PercentDecode(text, /*plus_is_space=*/true);
  return decoded.ok() ? std::move(decoded).value() : std::string(text);
}

}  // namespace

std::string NormalizePath(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : Split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  if (out.empty() || path.ends_with('/')) out += '/';
  return out;
}

std::string CanonicalPath(std::string_view raw_path, std::string_view service) {
  if (service == "s3") return raw_path.empty() ? "/" : std::string(raw_path);
  return PercentEncode(NormalizePath(raw_path), /*keep_slash=*/true);
}

std::string CanonicalQuery(std::string_view raw_query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view item : Split(raw_query, '&')) {
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
    std::string name = PercentEncode(DecodeOrKeep(item.substr(0, equals)));
    if (name == "X-Amz-Signature") continue;
    pairs.emplace_back(std::move(name), PercentEncode(DecodeOrKeep(value)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + "=" + value;
  }
  return out;
}

std::string CanonicalHeaderValue(const http::Request& request, std::string_view lower_case_name) {
  std::string out;
  bool first = true;
  for (const std::string_view value : request.headers.GetAll(lower_case_name)) {
    if (!std::exchange(first, false)) out += ',';
    AppendCollapsed(value, &out);
  }
  if (first && lower_case_name == "host")
    out = request.host();  // an absolute target names the host by itself
  return out;
}

std::string CanonicalRequest(const http::Request& request, const CanonicalParts& parts) {
  std::string out = request.method;
  out.append("\n").append(parts.path).append("\n").append(parts.query).append("\n");
  for (const std::string& name : *parts.signed_headers)
    out += name + ":" + CanonicalHeaderValue(request, name) + "\n";
  out.append("\n").append(Join(*parts.signed_headers, ";")).append("\n").append(parts.payload_hash);
  return out;
}

}  // namespace sagebrush::aws::internal
