# SPDX-License-Identifier: Apache-2.0
# The service models come from the pinned botocore wheel at build time; only the generator and its lists are committed.
set(GEN "${PROJECT_BINARY_DIR}/gen")
if(NOT SAGEBRUSH_BOTOCORE_WHEEL)
  message(FATAL_ERROR "SAGEBRUSH_BOTOCORE_WHEEL is not set: run `make build`, which fetches it (codegen/botocore.lock)")
endif()
file(GLOB GENERATOR CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/codegen/*.py" "${PROJECT_SOURCE_DIR}/codegen/*.json")
set(GENERATE /usr/bin/python3 "${PROJECT_SOURCE_DIR}/codegen/generate.py" --wheel "${SAGEBRUSH_BOTOCORE_WHEEL}"
    --families "${PROJECT_SOURCE_DIR}/codegen/families.json" --out "${GEN}")
# What it writes is known only to the generator, so it runs once while configuring, and again whenever it changes.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${GENERATOR})
execute_process(COMMAND ${GENERATE} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE MODEL_SOURCES CONFIGURE_DEPENDS "${GEN}/aws_models/*.cc")
add_library(sagebrush_models STATIC ${MODEL_SOURCES})
target_include_directories(sagebrush_models PUBLIC "${GEN}" "${PROJECT_SOURCE_DIR}/src")

# botocore's endpoints.json, from which `sagebrush env --install` makes the user's own.
set(ENDPOINTS "${GEN}/client_files/endpoints.cc")
add_custom_command(OUTPUT "${ENDPOINTS}"
  COMMAND /usr/bin/python3 "${PROJECT_SOURCE_DIR}/codegen/endpoints.py" --wheel "${SAGEBRUSH_BOTOCORE_WHEEL}" --out "${ENDPOINTS}"
  DEPENDS "${PROJECT_SOURCE_DIR}/codegen/endpoints.py" VERBATIM)
add_library(sagebrush_client_files STATIC "${ENDPOINTS}")
target_include_directories(sagebrush_client_files PRIVATE "${PROJECT_SOURCE_DIR}")
