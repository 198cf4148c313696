# SPDX-License-Identifier: Apache-2.0
# sagebrush_module(NAME DEPS modules LINK libraries): library sagebrush_NAME from src/NAME/**.cc and, from its
# *_test.cc, one test program NAME_test. Each *_fuzz.cc is a program too, which the tests run a little over its seeds in
# tests/fuzz/; see cmake/fuzz.cmake. New files are picked up by themselves.
function(sagebrush_module NAME)
  cmake_parse_arguments(M "" "" "DEPS;LINK" ${ARGN})
  file(GLOB_RECURSE SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${NAME}/*.cc")
  file(GLOB_RECURSE HEADERS CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${NAME}/*.h")
  set(TESTS ${SOURCES})
  set(FUZZ ${SOURCES})
  list(FILTER SOURCES EXCLUDE REGEX "_(test|fuzz)\\.cc$")
  list(FILTER TESTS INCLUDE REGEX "_test\\.cc$")
  list(FILTER FUZZ INCLUDE REGEX "_fuzz\\.cc$")
  set(LIBS ${M_LINK})
  foreach(DEP ${M_DEPS})
    list(APPEND LIBS sagebrush_${DEP})
  endforeach()
  if(SOURCES)
    add_library(sagebrush_${NAME} STATIC ${SOURCES})
    target_link_libraries(sagebrush_${NAME} PUBLIC ${LIBS} PRIVATE sagebrush_options)
    target_include_directories(sagebrush_${NAME} PUBLIC "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(sagebrush_${NAME} PUBLIC $<LINK_ONLY:sagebrush_options>)
  else()
    add_library(sagebrush_${NAME} INTERFACE)
    target_link_libraries(sagebrush_${NAME} INTERFACE ${LIBS})
    target_include_directories(sagebrush_${NAME} INTERFACE "${PROJECT_SOURCE_DIR}/src")
  endif()
  if(SAGEBRUSH_TESTS AND TESTS)
    sagebrush_test(${NAME} SOURCES ${TESTS} LINK sagebrush_${NAME} sagebrush_testing)
  endif()
  if(SAGEBRUSH_TESTS)
    foreach(TARGET ${FUZZ})
      sagebrush_fuzz_test(${TARGET} sagebrush_${NAME})
    endforeach()
  endif()
endfunction()

# sagebrush_test(NAME SOURCES files LINK libraries): the test program NAME_test. Its own code is not optimised (what it
# tests is), and the headers that nearly every test includes are read once, precompiled: together they take half of a
# test file's compile time away. A test includes what it uses all the same. All test programs must agree on the flags that
# a precompiled header depends on, such as -pthread.
function(sagebrush_test NAME)
  cmake_parse_arguments(T "" "" "SOURCES;LINK" ${ARGN})
  if(NOT TARGET sagebrush_test_headers)
    file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/test_headers.cc" CONTENT "// A target needs a source to have its headers precompiled.\n")
    add_library(sagebrush_test_headers OBJECT "${CMAKE_BINARY_DIR}/test_headers.cc")
    target_compile_options(sagebrush_test_headers PRIVATE -O0 -pthread)
    target_link_libraries(sagebrush_test_headers PRIVATE sagebrush_options GTest::gmock)
    target_precompile_headers(sagebrush_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <algorithm> <array> <chrono>
      <deque> <filesystem> <functional> <map> <memory> <mutex> <optional> <span> <string> <string_view> <thread>
      <unordered_map> <variant> <vector>)
  endif()
  add_executable(${NAME}_test ${T_SOURCES})
  target_compile_options(${NAME}_test PRIVATE -O0 -pthread)
  target_precompile_headers(${NAME}_test REUSE_FROM sagebrush_test_headers)
  target_link_libraries(${NAME}_test PRIVATE ${T_LINK} sagebrush_options GTest::gmock GTest::gtest_main)
  add_test(NAME ${NAME} COMMAND ${NAME}_test)
  set_tests_properties(${NAME} PROPERTIES TIMEOUT 120)
endfunction()
