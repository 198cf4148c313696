# SPDX-License-Identifier: Apache-2.0
# Fuzz targets, x_fuzz.cc beside what they try. In the usual builds tests/fuzz/fuzz_main.cc is their main(), and the tests
# run each over its seeds and a few thousand changes of them. The preset `fuzz` (clang: libFuzzer, ASan, UBSan) builds
# nothing but them; tools/fuzz runs it.
set(SAGEBRUSH_FUZZ_RUNS 3000)

# sagebrush_fuzz_test(FILE LIBRARY): FILE's program and its run in the tests.
function(sagebrush_fuzz_test FILE LIBRARY)
  get_filename_component(NAME "${FILE}" NAME_WE)
  add_executable(${NAME} "${FILE}" "${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_main.cc")
  target_link_libraries(${NAME} PRIVATE ${LIBRARY} sagebrush_base sagebrush_options)
  add_test(NAME ${NAME} COMMAND ${NAME} "${PROJECT_SOURCE_DIR}/tests/fuzz/${NAME}" ${SAGEBRUSH_FUZZ_RUNS})
  set_tests_properties(${NAME} PROPERTIES TIMEOUT 120)
  if(IS_DIRECTORY /dev/shm)
    set_tests_properties(${NAME} PROPERTIES ENVIRONMENT TMPDIR=/dev/shm)  # archive_fuzz: 0.3 instead of 13 ms a run
  endif()
endfunction()

# All targets, over one library of what they try: of some modules no more than is needed, since clang 14,
# Debian 12's, does not compile Asio's coroutines over libstdc++.
function(sagebrush_fuzz_build)
  set(SOURCES)
  foreach(MODULE base aws serving)
    file(GLOB_RECURSE FILES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${MODULE}/*.cc")
    list(APPEND SOURCES ${FILES})
  endforeach()
  list(FILTER SOURCES EXCLUDE REGEX "_(test|fuzz)\\.cc$")
  foreach(FILE agent/channel_plan agent/failure_text agent/line_splitter agent/work_order
          http/authority http/message http/internal/body_decoder http/internal/head_parser
          objectstore/checksum services/s3/errors services/s3/payload)
    list(APPEND SOURCES "${PROJECT_SOURCE_DIR}/src/${FILE}.cc")
  endforeach()
  add_library(sagebrush_fuzzed STATIC ${SOURCES})
  target_include_directories(sagebrush_fuzzed PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(sagebrush_fuzzed PUBLIC sagebrush_models OpenSSL::SSL OpenSSL::Crypto simdjson
    LibArchive::LibArchive ZLIB::ZLIB fmt::fmt Threads::Threads PkgConfig::pcre2 pugixml::pugixml)
  file(GLOB_RECURSE TARGETS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*_fuzz.cc")
  foreach(FILE ${TARGETS})
    get_filename_component(NAME "${FILE}" NAME_WE)
    add_executable(${NAME} "${FILE}")
    target_link_libraries(${NAME} PRIVATE sagebrush_fuzzed)
    target_link_options(${NAME} PRIVATE -fsanitize=fuzzer)
  endforeach()
endfunction()
