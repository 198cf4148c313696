// SPDX-License-Identifier: Apache-2.0
// The two 16-bit floating types as TensorFlow stores them: IEEE half and bfloat16. g++ 12 has no C++ type for either, so they are
// bits here. Rounding is to the nearest, ties to even. Pure.
#pragma once

#include <cstdint>

namespace sagebrush::serving {

inline constexpr double kMaxHalf = 65504;

std::uint16_t HalfBits(float value);  // too large becomes infinity
float HalfValue(std::uint16_t bits);
std::uint16_t BfloatBits(float value);
float BfloatValue(std::uint16_t bits);

}  // namespace sagebrush::serving
