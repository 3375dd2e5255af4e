# What gcorn stands on. A missing one stops the configuration and names the package to install.

function(gcorn_missing what debian fedora alpine)
  message(FATAL_ERROR
    "${what} was not found. Install it and configure again:\n"
    "  Debian, Ubuntu:  apt-get install ${debian}\n"
    "  Fedora:          dnf install ${fedora}\n"
    "  Alpine:          apk add ${alpine}\n")
endfunction()

# Python: the one that Python3_EXECUTABLE names, else the python3 that comes first on PATH, so that
# a version manager's choice is honoured. The real executable is asked for, not a shim.
if(NOT Python3_EXECUTABLE)
  find_program(_python_on_path NAMES python3)
  if(_python_on_path)
    execute_process(COMMAND "${_python_on_path}" -c "import sys; print(sys.executable)"
      OUTPUT_VARIABLE _python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(_python)
      set(Python3_EXECUTABLE "${_python}" CACHE FILEPATH "The Python that gcorn embeds")
    endif()
  endif()
endif()
find_package(Python3 3.9 COMPONENTS Interpreter Development.Embed QUIET)
if(NOT Python3_Development.Embed_FOUND)
  gcorn_missing("libpython (3.9 or later, with headers, for ${Python3_EXECUTABLE})"
    "python3-dev" "python3-devel" "python3-dev")
endif()
message(STATUS "Python: ${Python3_VERSION} (${Python3_EXECUTABLE}), library ${Python3_LIBRARIES}")

find_package(Llhttp QUIET)
if(NOT Llhttp_FOUND)
  gcorn_missing("llhttp (8 or later)" "libllhttp-dev (or, where there is none, node-llhttp)" "llhttp-devel" "llhttp-dev")
endif()
message(STATUS "llhttp: ${Llhttp_VERSION} (${Llhttp_ORIGIN})")

find_path(LibYaml_INCLUDE_DIR yaml.h)
find_library(LibYaml_LIBRARY yaml)
if(NOT LibYaml_INCLUDE_DIR OR NOT LibYaml_LIBRARY)
  gcorn_missing("libyaml" "libyaml-dev" "libyaml-devel" "yaml-dev")
endif()
add_library(gcorn_yaml INTERFACE)
target_include_directories(gcorn_yaml SYSTEM INTERFACE "${LibYaml_INCLUDE_DIR}")
target_link_libraries(gcorn_yaml INTERFACE "${LibYaml_LIBRARY}")
message(STATUS "libyaml: ${LibYaml_LIBRARY}")

find_package(Threads REQUIRED)

if(GCORN_TESTS)
  find_path(Cmocka_INCLUDE_DIR cmocka.h)
  find_library(Cmocka_LIBRARY cmocka)
  if(NOT Cmocka_INCLUDE_DIR OR NOT Cmocka_LIBRARY)
    gcorn_missing("cmocka (for the unit tests)" "libcmocka-dev" "libcmocka-devel" "cmocka-dev")
  endif()
endif()
