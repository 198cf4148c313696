// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <gtest/gtest.h>

namespace sagebrush {
namespace {

constexpr char kCheck[] = "123456789";  // the catalogue of CRCs' check string

TEST(HashTest, DigestsMatchPublishedVectors) {
  EXPECT_EQ(HexEncode(Md5("abc")), "900150983cd24fb0d6963f7d28e17f72");           // RFC 1321
  EXPECT_EQ(HexEncode(Sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");  // FIPS 180
  EXPECT_EQ(HexEncode(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexEncode(HmacSha256("Jefe", "what do ya want for nothing?")),  // RFC 4231, case 2
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      HexEncode(HmacSha256(  // case 6: a key longer than a block
          std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HashTest, ChecksumsMatchTheCatalogueOfCrcs) {
  EXPECT_EQ(Crc32(0, kCheck), 0xCBF43926U);
  EXPECT_EQ(Crc32c(0, kCheck), 0xE3069283U);
  EXPECT_EQ(Crc64Nvme(0, kCheck), 0xAE8B14860A799888ULL);
}

// A bit at a time, as the definition of a reflected CRC goes.
template <typename Word>
Word CrcBitByBit(Word polynomial, std::string_view text) {
  Word value = static_cast<Word>(~Word{0});
  for (const char c : text) {
    value ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      value = static_cast<Word>((value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1);
  }
  return static_cast<Word>(~value);
}

TEST(HashTest, ChecksumsOfEveryLengthAreTheDefinitions) {
  std::string text;
  for (int length = 0; length < 400; ++length) {
    ASSERT_EQ(Crc32c(0, text), CrcBitByBit<std::uint32_t>(0x82F63B78U, text)) << length;
    ASSERT_EQ(Crc64Nvme(0, text), CrcBitByBit<std::uint64_t>(0x9A6C9329AC4BC9B5ULL, text))
        << length;
    text += static_cast<char>(length * 167 + 13);
  }
}

TEST(HashTest, ChecksumsGoOnWhereTheyStopped) {
  const std::string text(1000, 'x');
  for (std::size_t cut : {0UL, 1UL, 7UL, 8UL, 300UL, 999UL}) {
    EXPECT_EQ(Crc32c(Crc32c(0, text.substr(0, cut)), text.substr(cut)), Crc32c(0, text));
    EXPECT_EQ(Crc64Nvme(Crc64Nvme(0, text.substr(0, cut)), text.substr(cut)), Crc64Nvme(0, text));
  }
}

TEST(HashTest, Base64IsStrict) {
  EXPECT_EQ(Base64Encode("ab"), "YWI=");
  EXPECT_EQ(*Base64Decode("YWI="), "ab");
  EXPECT_EQ(*Base64Decode(""), "");
  for (const char* text : {"YWI", "Y=I=", "YW I=", "YWI\n", "!!!!"})
    EXPECT_FALSE(Base64Decode(text).ok()) << text;
}

TEST(HashTest, SealedTextOpensOnlyWithItsKeyAndItsPurpose) {
  const std::string key(32, 'k'), other(32, 'o');
  std::string sealed = Seal(key, "secret", "session");

  EXPECT_EQ(*Open(key, sealed, "session"), "secret");
  EXPECT_EQ(Open(other, sealed, "session").status().code(), Code::kPermissionDenied);
  EXPECT_FALSE(Open(key, sealed, "else").ok());
  sealed[14] = static_cast<char>(sealed[14] ^ 1);
  EXPECT_FALSE(Open(key, sealed, "session").ok());
  EXPECT_FALSE(Open(key, "short", "session").ok());
}

}  // namespace
}  // namespace sagebrush
