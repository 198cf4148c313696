// SPDX-License-Identifier: Apache-2.0
#include "serving/internal/half.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace sagebrush::serving {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Half, KnownBits) {
  EXPECT_EQ(HalfBits(0.0F), 0x0000);
  EXPECT_EQ(HalfBits(-0.0F), 0x8000);
  EXPECT_EQ(HalfBits(1.0F), 0x3c00);
  EXPECT_EQ(HalfBits(-2.0F), 0xc000);
  EXPECT_EQ(HalfBits(0.1F), 0x2e66);
  EXPECT_EQ(HalfBits(65504.0F), 0x7bff);
  EXPECT_EQ(HalfBits(std::ldexp(1.0F, -24)), 0x0001);
  EXPECT_EQ(HalfBits(std::ldexp(1.0F, -14)), 0x0400);
}

TEST(Half, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(HalfBits(1.0F + std::ldexp(1.0F, -11)), 0x3c00);      // half way, even below
  EXPECT_EQ(HalfBits(1.0F + 3 * std::ldexp(1.0F, -11)), 0x3c02);  // half way, even above
  EXPECT_EQ(HalfBits(65519.0F), 0x7bff);
  EXPECT_EQ(HalfBits(65520.0F), 0x7c00);
  EXPECT_EQ(HalfBits(std::ldexp(1.0F, -25)), 0x0000);
  EXPECT_EQ(HalfBits(std::ldexp(1.5F, -25)), 0x0001);
  EXPECT_EQ(HalfBits(std::ldexp(1.0F, -14) - std::ldexp(1.0F, -26)), 0x0400);
}

TEST(Half, EveryValueComesBack) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = HalfValue(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(HalfValue(HalfBits(value))));
    } else {
      EXPECT_EQ(HalfBits(value), half) << bits;
    }
  }
  EXPECT_EQ(HalfValue(0x7c00), kInfinity);
  EXPECT_EQ(HalfValue(0xfc00), -kInfinity);
}

TEST(Bfloat, IsTheUpperHalfOfAFloatRounded) {
  EXPECT_EQ(BfloatBits(1.0F), 0x3f80);
  EXPECT_EQ(BfloatBits(1.0F + std::ldexp(1.0F, -8)), 0x3f80);
  EXPECT_EQ(BfloatBits(1.0F + 3 * std::ldexp(1.0F, -8)), 0x3f82);
  EXPECT_EQ(BfloatBits(kInfinity), 0x7f80);
  EXPECT_TRUE(std::isnan(BfloatValue(BfloatBits(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_EQ(BfloatValue(0xc040), -3.0F);
}

}  // namespace
}  // namespace sagebrush::serving
