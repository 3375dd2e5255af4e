# gcorn_embed_python(TARGET DIRECTORY): compile the Python sources below DIRECTORY into TARGET, as the
# table gcn_pylib_modules (src/python/pylib.h). The same file, run as a script, writes the table.

if(CMAKE_SCRIPT_MODE_FILE)
  set(_arrays "")
  set(_rows "")
  set(_number 0)
  string(REPLACE "|" ";" SOURCES "${SOURCES}")
  foreach(_source ${SOURCES})
    file(READ "${DIRECTORY}/${_source}" _hex HEX)
    string(LENGTH "${_hex}" _digits)
    math(EXPR _len "${_digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," _bytes "${_hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n    " _bytes "${_bytes}")
    string(REGEX REPLACE "\\.py$" "" _name "${_source}")
    string(APPEND _arrays
      "static const unsigned char source_${_number}[] = {\n    ${_bytes}0x00};\n\n")
    string(APPEND _rows "    {\"${_name}\", source_${_number}, ${_len}},\n")
    math(EXPR _number "${_number} + 1")
  endforeach()
  file(WRITE "${OUTPUT}" "/* Made by GcornEmbed.cmake. */\n#include \"pylib.h\"\n\n${_arrays}"
    "const struct gcn_pylib_module gcn_pylib_modules[] = {\n${_rows}    {NULL, NULL, 0},\n};\n")
  return()
endif()

function(gcorn_embed_python target directory)
  file(GLOB_RECURSE _sources CONFIGURE_DEPENDS RELATIVE "${directory}" "${directory}/*.py")
  list(SORT _sources)
  set(_paths ${_sources})
  list(TRANSFORM _paths PREPEND "${directory}/")
  string(REPLACE ";" "|" _joined "${_sources}")
  set(_output "${CMAKE_BINARY_DIR}/generated/pylib_modules.c")
  add_custom_command(OUTPUT "${_output}"
    COMMAND "${CMAKE_COMMAND}" "-DDIRECTORY=${directory}" "-DSOURCES=${_joined}"
      "-DOUTPUT=${_output}" -P "${CMAKE_SOURCE_DIR}/src/cmake/GcornEmbed.cmake"
    DEPENDS ${_paths} "${CMAKE_SOURCE_DIR}/src/cmake/GcornEmbed.cmake"
    COMMENT "Embedding the Python modules" VERBATIM)
  target_sources(${target} PRIVATE "${_output}")
endfunction()
