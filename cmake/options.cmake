# SPDX-License-Identifier: Apache-2.0
# Warnings are errors in our own code; third-party headers come in as SYSTEM.
find_program(SAGEBRUSH_CCACHE ccache)
if(SAGEBRUSH_CCACHE)
  # Without this ccache passes on what includes a precompiled header (its manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${SAGEBRUSH_CCACHE}")
endif()
find_program(SAGEBRUSH_MOLD mold)
add_library(sagebrush_options INTERFACE)
target_compile_options(sagebrush_options INTERFACE -Wall -Wextra -Wconversion -Werror)
if(SAGEBRUSH_MOLD)
  target_link_options(sagebrush_options INTERFACE -fuse-ld=mold)
endif()
if(SAGEBRUSH_SANITIZE)
  # Instrumented code confuses g++ 12's own guess at what is uninitialised; the uninstrumented build asks it.
  target_compile_options(sagebrush_options INTERFACE -fsanitize=${SAGEBRUSH_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized)
  target_link_options(sagebrush_options INTERFACE -fsanitize=${SAGEBRUSH_SANITIZE})
endif()
target_include_directories(sagebrush_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
