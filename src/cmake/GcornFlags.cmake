# Warnings, hardening, sanitizers and link-time optimisation, as one interface target each.

add_library(gcorn_flags INTERFACE)
target_include_directories(gcorn_flags INTERFACE
  "${CMAKE_SOURCE_DIR}/include" "${CMAKE_BINARY_DIR}/generated")
target_compile_definitions(gcorn_flags INTERFACE _GNU_SOURCE
  GCORN_VERSION="${PROJECT_VERSION}")
target_compile_options(gcorn_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla
  -Wundef -Wimplicit-fallthrough -Wwrite-strings
  # Texts are cut to their buffers on purpose, and snprintf is how.
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
  -fvisibility=hidden -fno-omit-frame-pointer)
if(GCORN_WERROR)
  target_compile_options(gcorn_flags INTERFACE -Werror)
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()

if(GCORN_SANITIZE)
  string(REPLACE ";" "," _sanitize "${GCORN_SANITIZE}")
  target_compile_options(gcorn_flags INTERFACE -fsanitize=${_sanitize} -g)
  target_link_options(gcorn_flags INTERFACE -fsanitize=${_sanitize})
  if(_sanitize MATCHES "undefined")
    target_compile_options(gcorn_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT GCORN_SANITIZE)
  set(CMAKE_C_FLAGS_RELEASE "-O3 -g")
  # Everything is bound at the start (-z now), so calls into libraries need no detour by the PLT.
  target_compile_options(gcorn_flags INTERFACE -fno-plt
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection)
  target_link_options(gcorn_flags INTERFACE -Wl,-z,relro -Wl,-z,now)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT _lto OUTPUT _lto_why LANGUAGES C)
  if(_lto)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
    if(GCORN_TESTS AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
      # The tests link the same objects without it: eighty programs, each optimised as a whole, would
      # take longer to build than the tests to run.
      add_compile_options(-ffat-lto-objects)
    endif()
  else()
    message(STATUS "Link-time optimisation is not available: ${_lto_why}")
  endif()
endif()
