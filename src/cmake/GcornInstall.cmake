# What `cmake --install` puts in place.

install(TARGETS gcorn RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES README.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs/ DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")
if(EXISTS "${CMAKE_SOURCE_DIR}/docs/gcorn.1")
  install(FILES docs/gcorn.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()

install(FILES "${CMAKE_BINARY_DIR}/completion/bash/gcorn"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${CMAKE_BINARY_DIR}/completion/zsh/_gcorn"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
install(FILES "${CMAKE_BINARY_DIR}/completion/fish/gcorn.fish"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
