# How acre is compiled.  Three interface targets carry the flags:
#   acre_library_flags   the libraries: hidden symbols, our own malloc is no builtin
#   acre_program_flags   the command
#   acre_test_flags      tests and everything else

set(ACRE_BUILD release CACHE STRING "release, checked (assertions), bare (no checks)")
set(ACRE_SANITIZE "" CACHE STRING "empty, thread, address, undefined or fuzzer")
option(ACRE_TESTS "Offer the target 'tests'" ON)
option(ACRE_WERROR "Treat warnings as errors" ON)
set_property(CACHE ACRE_BUILD PROPERTY STRINGS release checked bare)
set_property(CACHE ACRE_SANITIZE PROPERTY STRINGS "" thread address undefined fuzzer)

if(NOT ACRE_BUILD MATCHES "^(release|checked|bare)$")
    message(FATAL_ERROR "ACRE_BUILD is '${ACRE_BUILD}'; it must be release, checked or bare")
endif()
if(ACRE_SANITIZE AND NOT ACRE_SANITIZE MATCHES "^(thread|address|undefined|fuzzer)$")
    message(FATAL_ERROR "ACRE_SANITIZE is '${ACRE_SANITIZE}'; it must be thread, address, "
                        "undefined, fuzzer or empty")
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# --- All code ---------------------------------------------------------------------

add_library(acre_common_flags INTERFACE)
target_compile_options(acre_common_flags INTERFACE
    -g -Wall -Wextra -Wshadow -Wundef)
if(ACRE_WERROR)
    target_compile_options(acre_common_flags INTERFACE -Werror)
endif()

# Empty, so that a file which says "#define _GNU_SOURCE" itself agrees with it.
target_compile_options(acre_common_flags INTERFACE
    $<$<COMPILE_LANGUAGE:C>:-D_GNU_SOURCE=>)

# -Wundef is on: both are always defined.
target_compile_definitions(acre_common_flags INTERFACE
    AC_CHECKED=$<STREQUAL:${ACRE_BUILD},checked>
    AC_BARE=$<STREQUAL:${ACRE_BUILD},bare>)

if(ACRE_SANITIZE)
    set(acre_sanitizers_fuzzer fuzzer-no-link,address,undefined)
    set(acre_sanitizers_address address,undefined)
    set(acre_sanitizers_undefined undefined)
    set(acre_sanitizers_thread thread)
    set(acre_sanitizers ${acre_sanitizers_${ACRE_SANITIZE}})
    target_compile_options(acre_common_flags INTERFACE
        -O1 -fno-omit-frame-pointer -fsanitize=${acre_sanitizers})
    target_link_options(acre_common_flags INTERFACE -fsanitize=${acre_sanitizers})
    if(ACRE_SANITIZE STREQUAL thread)
        # gcc says that TSan does not see fences; the reports are checked by hand.
        if(CMAKE_C_COMPILER_ID STREQUAL GNU)
            target_compile_options(acre_common_flags INTERFACE -Wno-tsan)
        endif()
    else()
        target_compile_options(acre_common_flags INTERFACE -fno-sanitize-recover=all)
    endif()
else()
    target_compile_options(acre_common_flags INTERFACE -O2)
endif()

# --- The libraries ------------------------------------------------------------------

add_library(acre_library_flags INTERFACE)
target_link_libraries(acre_library_flags INTERFACE acre_common_flags)
target_include_directories(acre_library_flags INTERFACE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_options(acre_library_flags INTERFACE
    -Wconversion
    -fPIC
    -fvisibility=hidden
    -fno-semantic-interposition         # our own calls of our own functions may inline
    -ftls-model=initial-exec            # a dynamic TLS access may call malloc
    -fno-plt                            # bound at start anyway (-z now): one jump less
    -fasynchronous-unwind-tables        # gdb and profilers walk through us
    -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free
    # Exceptions stay on: a new_handler may throw through us, and nothrow new catches.
    # What that needs of the C++ runtime are weak symbols (src/shim/new_retry.cc).
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti -fsized-deallocation>)

# --- The command, the tests -----------------------------------------------------------

add_library(acre_program_flags INTERFACE)
target_link_libraries(acre_program_flags INTERFACE acre_common_flags)
target_include_directories(acre_program_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(acre_program_flags INTERFACE -Wconversion -fPIE)
target_link_options(acre_program_flags INTERFACE
    -pie -Wl,-z,now -Wl,-z,relro -Wl,--as-needed)

# The compiler must not remove a pair of malloc and free that a test measures.
add_library(acre_test_flags INTERFACE)
target_link_libraries(acre_test_flags INTERFACE acre_common_flags)
target_include_directories(acre_test_flags INTERFACE
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/test)
target_compile_definitions(acre_test_flags INTERFACE
    ACRE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ACRE_BINARY_DIR="${PROJECT_BINARY_DIR}")
target_compile_options(acre_test_flags INTERFACE
    -pthread
    -fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free)
target_link_options(acre_test_flags INTERFACE -pthread)
