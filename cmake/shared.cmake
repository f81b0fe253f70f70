# libacre.so, libacre-malloc.so and libacre-malloc.a.

set(ACRE_SOVERSION ${PROJECT_VERSION_MAJOR})
set(acre_shared_link_options
    -Wl,-z,nodelete                     # code that threads may still run when dlclosed
    -Wl,-z,now -Wl,-z,relro -Wl,-z,defs
    -Wl,--as-needed
    -static-libgcc)                     # depend on libc alone

# Link `target` from object libraries: the gcc driver, never the C++ one.
function(acre_shared_library target name)
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${name}
        EXPORT_NAME ${ARGV2}
        LINKER_LANGUAGE C
        VERSION ${PROJECT_VERSION}
        SOVERSION ${ACRE_SOVERSION})
    target_link_options(${target} PRIVATE ${acre_shared_link_options})
    target_include_directories(${target} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

add_library(acre_shared SHARED $<TARGET_OBJECTS:acre_objects>)
acre_shared_library(acre_shared acre acre)

if(shim_sources)
    add_library(acre_shim_objects OBJECT ${shim_sources})
    target_link_libraries(acre_shim_objects PRIVATE acre_library_flags)
    set(drop_in_objects $<TARGET_OBJECTS:acre_objects> $<TARGET_OBJECTS:acre_shim_objects>)

    add_library(acre_malloc_shared SHARED ${drop_in_objects})
    acre_shared_library(acre_malloc_shared acre-malloc malloc)

    # The static drop-in is one object: whoever refers to one function of the
    # family gets all of them, so that libc's malloc.o is never linked beside
    # ours, and its internal names are local to it.
    set(drop_in_object ${PROJECT_BINARY_DIR}/acre-malloc.o)
    add_custom_command(OUTPUT ${drop_in_object}
        COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${drop_in_object} ${drop_in_objects}
        # The pointer to the C++ personality is one of a group that the linker keeps
        # once in a program: a local name would lead into a discarded copy.
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${drop_in_object}
        COMMAND ${CMAKE_OBJCOPY} --globalize-symbol=DW.ref.__gxx_personality_v0
                ${drop_in_object}
        DEPENDS acre_objects acre_shim_objects ${drop_in_objects}
        COMMAND_EXPAND_LISTS VERBATIM
        COMMENT "Merging the static drop-in into one object")
    add_library(acre_malloc_static STATIC ${drop_in_object})
    set_target_properties(acre_malloc_static PROPERTIES
        OUTPUT_NAME acre-malloc EXPORT_NAME malloc-static LINKER_LANGUAGE C)
    target_include_directories(acre_malloc_static INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    # Also for a program where only libc and libstdc++ call malloc.
    target_link_options(acre_malloc_static INTERFACE -Wl,-u,malloc)
endif()
