// SPDX-License-Identifier: Apache-2.0
#include "metastore/page_token.h"

#include "base/hash.h"

namespace sagebrush::metastore {

namespace {

std::string Checksum(std::string_view purpose, std::string_view body) {
  return BigEndian32(Crc32(Crc32(0, purpose), body));
}

}  // namespace

std::string MakePageToken(std::string_view purpose, const std::vector<std::string>& fields) {
  std::string body;
  for (const std::string& field : fields) {
    body += BigEndian32(static_cast<std::uint32_t>(field.size()));
    body += field;
  }
  return Base64Encode(Checksum(purpose, body) + body);
}

Result<std::vector<std::string>> ReadPageToken(std::string_view purpose, std::string_view token,
                                               std::size_t count) {
  const Status foreign = InvalidArgument("the page token is not one of this list");
  const auto decoded = Base64Decode(token);
  if (!decoded.ok() || decoded->size() < 4) return foreign;
  std::string_view rest(*decoded);
  const std::string_view checksum = rest.substr(0, 4);
  rest.remove_prefix(4);
  if (Checksum(purpose, rest) != checksum) return foreign;
  std::vector<std::string> fields;
  while (!rest.empty()) {
    if (rest.size() < 4) return foreign;
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(rest[i]);
    rest.remove_prefix(4);
    if (rest.size() < size) return foreign;
    fields.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (fields.size() != count) return foreign;
  return fields;
}

}  // namespace sagebrush::metastore
