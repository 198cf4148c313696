// SPDX-License-Identifier: Apache-2.0
// AWS's Signature Version 4 test suite: each signed request is verified, and no longer once any part
// of it that was signed has changed.
#include <filesystem>
#include <gtest/gtest.h>

#include "aws/sigv4.h"
#include "base/hash.h"
#include "base/strings.h"
#include "tests/vectors/support.h"

namespace sagebrush::aws {
namespace {

constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::int64_t kSignedAt = 1'440'938'160'000;  // 2015-08-30T12:36:00Z

struct Signed {
  http::Request request;
  std::string body;
};

// The text of a request, its folded header lines joined as HTTP/1.1 once allowed.
Signed RequestOf(const std::string& text) {
  const std::string plain = ReplaceAll(text, "\r", "");
  const std::size_t gap = plain.find("\n\n");
  Signed out;
  if (gap != std::string::npos) out.body = plain.substr(gap + 2);
  const auto lines = Split(std::string_view(plain).substr(0, gap), '\n');
  const std::string_view first = lines[0];
  const std::size_t begin = first.find(' ') + 1;
  out.request.method = first.substr(0, begin - 1);
  out.request.target = first.substr(begin, first.rfind(' ') - begin);
  std::vector<std::pair<std::string, std::string>> headers;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (lines[i].starts_with(' ') || lines[i].starts_with('\t') ||
        colon == std::string_view::npos) {
      headers.back().second += " " + std::string(Trim(lines[i]));
    } else {
      headers.emplace_back(lines[i].substr(0, colon), Trim(lines[i].substr(colon + 1)));
    }
  }
  for (auto& [name, value] : headers) out.request.headers.Add(name, value);
  return out;
}

Status Verified(const Signed& sent) {
  const auto presented = ParsePresented(sent.request);
  if (!presented.ok()) return presented.status();
  if (!*presented) return InvalidArgument("not signed");
  return Verify(sent.request, **presented, kSecret, HexEncode(Sha256(sent.body)),
                FromMillis(kSignedAt));
}

std::string Check(const std::string& name) {
  const std::string path = name.substr(name.find(' ') + 1);
  const std::string stem = "signatures/" + path + "/" + path.substr(path.rfind('/') + 1);
  Signed sent = RequestOf(ReadVector(stem + ".sreq"));
  // The suite's own word; one of its signed requests carries another's signature.
  sent.request.headers.Set("Authorization", ReadVector(stem + ".authz"));
  if (const Status status = Verified(sent); !status.ok()) return status.message();
  sent.body += "x";
  if (Verified(sent).ok()) return "a changed body is verified";
  sent.body.pop_back();
  sent.request.target += "x";
  if (Verified(sent).ok()) return "a changed target is verified";
  return "";
}

TEST(Vectors, SignaturesAreVerified) {
  std::vector<std::string> names;
  const std::filesystem::path root = std::string(SAGEBRUSH_VECTORS) + "/signatures";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().extension() == ".sreq")
      names.push_back("signatures " +
                      std::filesystem::relative(entry.path().parent_path(), root).string());
  std::sort(names.begin(), names.end());
  ExpectAll(names, Check);
}

}  // namespace
}  // namespace sagebrush::aws
