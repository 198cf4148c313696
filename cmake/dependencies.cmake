# SPDX-License-Identifier: Apache-2.0
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(pugixml REQUIRED)
find_package(simdjson REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
if(NOT TARGET simdjson)
  add_library(simdjson ALIAS simdjson::simdjson)
endif()

# The allocator of the programs that answer requests (docs/decisions/0019-allocator.md). Sanitizers bring their own.
add_library(sagebrush_allocator INTERFACE)
if(NOT SAGEBRUSH_SANITIZE AND NOT SAGEBRUSH_FUZZ)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
  target_link_libraries(sagebrush_allocator INTERFACE PkgConfig::jemalloc)
endif()

# Boost is used for its headers only (Asio), and only in src/http.
add_library(sagebrush_boost INTERFACE)
if(SAGEBRUSH_BOOST_INCLUDE)
  target_include_directories(sagebrush_boost SYSTEM INTERFACE "${SAGEBRUSH_BOOST_INCLUDE}")
endif()
target_compile_definitions(sagebrush_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION)

if(SAGEBRUSH_TESTS)
  find_package(GTest REQUIRED)
endif()
