// SPDX-License-Identifier: Apache-2.0
// The CRCs that zlib has not. Tables take eight bytes a step ("slicing by 8"; Kounavis and Berry, 2005). Where the processor
// multiplies polynomials (PCLMULQDQ), all but the end is folded instead: 64 bytes a step are moved on by a multiplication
// with a power of x and added to what stands there, until 16 bytes with the same CRC are left (Gopal et al., "Fast CRC
// Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009). Pure functions.
#include <array>
#include <cstddef>
#include <cstring>

#include "base/hash.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sagebrush {

namespace {

// A reflected CRC: the lowest bit is the highest power. States are the CRC before its final inversion.
template <typename Word, Word kPolynomial>
class Crc {
 public:
  constexpr Crc() {
    for (unsigned i = 0; i < 256; ++i) {
      Word value = i;
      for (int bit = 0; bit < 8; ++bit) value = TimesX(value);
      table_[0][i] = value;
    }
    for (unsigned i = 0; i < 256; ++i)
      for (std::size_t slice = 1; slice < 8; ++slice)
        table_[slice][i] = (table_[slice - 1][i] >> 8) ^ table_[0][table_[slice - 1][i] & 0xFF];
  }

  Word Update(Word crc, std::string_view data) const {
    Word state = static_cast<Word>(~crc);
#if defined(__x86_64__)
    static const bool has_multiplication = __builtin_cpu_supports("pclmul") != 0;
    if (data.size() >= kLeastFolded && has_multiplication)
      return static_cast<Word>(~Fold(state, data));
#endif
    return static_cast<Word>(~ByTable(state, data));
  }

 private:
  static constexpr std::size_t kLeastFolded = 128;  // below, the tables are as fast

  static constexpr Word TimesX(Word value) {
    return static_cast<Word>((value & 1) != 0 ? (value >> 1) ^ kPolynomial : value >> 1);
  }

  Word ByTable(Word state, std::string_view data) const {
    const char* p = data.data();
    std::size_t left = data.size();
    for (; left >= 8; left -= 8, p += 8) {
      std::uint64_t block = 0;
      std::memcpy(&block, p, 8);
      block ^= state;
      state = 0;
      for (std::size_t i = 0; i < 8; ++i) state ^= table_[7 - i][(block >> (8 * i)) & 0xFF];
    }
    for (; left > 0; --left, ++p)
      state = (state >> 8) ^ table_[0][(state ^ static_cast<unsigned char>(*p)) & 0xFF];
    return state;
  }

#if defined(__x86_64__)
  // x^power mod the polynomial, in the upper bits of 64.
  static constexpr std::uint64_t PowerOfX(unsigned power) {
    constexpr unsigned kBits = 8 * sizeof(Word);
    Word value = Word{1} << (kBits - 1);
    for (unsigned i = 0; i < power; ++i) value = TimesX(value);
    return static_cast<std::uint64_t>(value) << (64 - kBits);
  }

  // What 16 bytes are multiplied with to be moved on by `bits`: the first eight (low; the higher powers), the others (high). One
  // power less than that, since the product of reflected numbers is itself one bit off.
  template <unsigned kBits>
  __attribute__((target("pclmul"))) static __m128i Moved(__m128i block) {
    constexpr std::uint64_t kLow = PowerOfX(kBits + 63), kHigh = PowerOfX(kBits - 1);
    const __m128i powers =
        _mm_set_epi64x(static_cast<long long>(kHigh), static_cast<long long>(kLow));
    return _mm_xor_si128(_mm_clmulepi64_si128(block, powers, 0x00),
                         _mm_clmulepi64_si128(block, powers, 0x11));
  }

  static __m128i Load(const char* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }

  // `data` has 64 bytes or more.
  __attribute__((target("pclmul"))) Word Fold(Word state, std::string_view data) const {
    const char* p = data.data();
    std::size_t left = data.size();
    __m128i lanes[4];
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = Load(p + 16 * i);
    lanes[0] = _mm_xor_si128(
        lanes[0], _mm_set_epi64x(0, static_cast<long long>(static_cast<std::uint64_t>(state))));
    for (p += 64, left -= 64; left >= 64; p += 64, left -= 64)
      for (std::size_t i = 0; i < 4; ++i)
        lanes[i] = _mm_xor_si128(Moved<512>(lanes[i]), Load(p + 16 * i));
    __m128i all = lanes[0];
    for (std::size_t i = 1; i < 4; ++i) all = _mm_xor_si128(Moved<128>(all), lanes[i]);
    for (; left >= 16; p += 16, left -= 16) all = _mm_xor_si128(Moved<128>(all), Load(p));
    char folded[16];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded), all);
    return ByTable(ByTable(0, {folded, sizeof folded}), {p, left});
  }
#endif

  std::array<std::array<Word, 256>, 8> table_{};
};

constexpr Crc<std::uint32_t, 0x82F63B78U> kCrc32c;
constexpr Crc<std::uint64_t, 0x9A6C9329AC4BC9B5ULL> kCrc64Nvme;

}  // namespace

std::uint32_t Crc32c(std::uint32_t crc, std::string_view data) { return kCrc32c.Update(crc, data); }
std::uint64_t Crc64Nvme(std::uint64_t crc, std::string_view data) {
  return kCrc64Nvme.Update(crc, data);
}

}  // namespace sagebrush
