// SPDX-License-Identifier: Apache-2.0
#include "serving/internal/half.h"

#include <bit>
#include <cmath>

namespace sagebrush::serving {
namespace {

constexpr std::uint32_t kHalfInfinity = 0x7c00;

// `bits` without its last `count` ones, rounded to the nearest, ties to even.
std::uint32_t DropBits(std::uint32_t bits, int count) {
  const std::uint32_t half_way = std::uint32_t{1} << (count - 1);
  const std::uint32_t odd = (bits >> count) & 1;
  return (bits + half_way - 1 + odd) >> count;
}

}  // namespace

std::uint16_t HalfBits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const std::uint32_t size = bits & 0x7fffffff;
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | kHalfInfinity | 0x200);
  if (size >= 0x477ff000) return static_cast<std::uint16_t>(sign | kHalfInfinity);  // from 65520 on
  if (size >= 0x38800000) {  // from 2^-14 on: the same form with a shorter exponent
    return static_cast<std::uint16_t>(sign | (DropBits(size, 13) - (112U << 10)));
  }
  // Below, halves are multiples of 2^-24; a float holds that multiple exactly.
  const float steps = std::fabs(value) * 16777216.0F;
  return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(std::nearbyint(steps)));
}

float HalfValue(std::uint16_t bits) {
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  const std::uint32_t exponent = (bits >> 10) & 0x1f;
  const std::uint32_t mantissa = bits & 0x3ff;
  if (exponent == 0) return sign * static_cast<float>(mantissa) / 16777216.0F;
  const std::uint32_t rest =
      exponent == 0x1f ? 0x7f800000U | mantissa << 13 : (exponent + 112) << 23 | mantissa << 13;
  return sign * std::bit_cast<float>(rest);
}

std::uint16_t BfloatBits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>(DropBits(bits, 16));
}

float BfloatValue(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace sagebrush::serving
