// SPDX-License-Identifier: Apache-2.0
#include "base/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace sagebrush {
namespace {

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

TEST(Gunzip, GivesTheTextBack) {
  const std::string text(100'000, 'x');

  EXPECT_EQ(Gunzip(Gzip(text), 1 << 20).value(), text);
  EXPECT_EQ(Gunzip(Gzip(""), 10).value(), "");
  EXPECT_EQ(Gunzip(Gzip("one ") + Gzip("two"), 10).value(), "one two");
}

TEST(Gunzip, StopsAtItsLimit) {
  const std::string bomb = Gzip(std::string(50 << 20, '\0'));

  EXPECT_EQ(Gunzip(bomb, 1 << 20).status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(Gunzip(Gzip("1234"), 4).ok());
  EXPECT_FALSE(Gunzip(Gzip("12345"), 4).ok());
}

TEST(Gunzip, RefusesWhatIsNoWholeGzip) {
  const std::string packed = Gzip("some text that is packed");

  EXPECT_EQ(Gunzip("plain", 100).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Gunzip("", 100).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Gunzip(packed.substr(0, packed.size() - 3), 100).status().code(),
            Code::kInvalidArgument);
  EXPECT_EQ(Gunzip(packed + "rest", 100).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace sagebrush
