# make install: libraries, headers, command, manual pages, pkg-config, CMake package.

install(TARGETS acre_shared acre_static EXPORT acre-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET acre_malloc_shared)
    install(TARGETS acre_malloc_shared acre_malloc_static EXPORT acre-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET acre_command)
    install(TARGETS acre_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY include/acre DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

foreach(section 1 3 5 7)
    file(GLOB pages CONFIGURE_DEPENDS docs/man/*.${section})
    if(pages)
        install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
    endif()
endforeach()

# pkg-config: relative to the file itself, so that the tree may be moved.
file(RELATIVE_PATH acre_pc_prefix
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" acre_pc_prefix "${acre_pc_prefix}")
foreach(name acre acre-malloc)
    configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

set(acre_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/acre)
install(EXPORT acre-targets NAMESPACE acre:: DESTINATION ${acre_cmake_dir})
configure_package_config_file(cmake/acre-config.cmake.in acre-config.cmake
    INSTALL_DESTINATION ${acre_cmake_dir})
write_basic_package_version_file(acre-config-version.cmake
    COMPATIBILITY SameMajorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/acre-config.cmake
    ${PROJECT_BINARY_DIR}/acre-config-version.cmake
    DESTINATION ${acre_cmake_dir})
