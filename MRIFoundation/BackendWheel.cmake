# Builds the backend's wheel from the checkout and packages it beside the module, whose Install button takes it from there.
#
# MRIFoundation_WHEEL_PYTHON: the Python to build with, 3.9 or newer with pip. Slicer's own needs its launcher and may be older.
# MRIFoundation_WITHOUT_BACKEND: whether the package may lack the backend, as for those who work on the module alone.

set(_backend_source "${CMAKE_CURRENT_LIST_DIR}/..")
set(MRIFoundation_WHEEL_PYTHON "" CACHE FILEPATH "Python with pip that builds the wheel of MRIFoundation's backend")

option(MRIFoundation_WITHOUT_BACKEND "Package MRIFoundation without the backend that its Install button installs" OFF)
if(MRIFoundation_WITHOUT_BACKEND)
  return()
endif()

# Being found proves nothing: launchers of version managers are found too.
function(_backend_check_python python result)
  execute_process(
    COMMAND "${python}" -c "import sys, pip; sys.exit(sys.version_info < (3, 9))"
    RESULT_VARIABLE code OUTPUT_QUIET ERROR_QUIET
  )
  set(${result} ${code} PARENT_SCOPE)
endfunction()

set(_backend_python "${MRIFoundation_WHEEL_PYTHON}")
foreach(_name python3 python3.13 python3.12 python3.11 python)
  if(NOT _backend_python)
    find_program(_backend_found NAMES ${_name})
    _backend_check_python("${_backend_found}" _backend_code)
    if(_backend_code EQUAL 0)
      set(_backend_python "${_backend_found}")
    endif()
    unset(_backend_found CACHE)
  endif()
endforeach()
_backend_check_python("${_backend_python}" _backend_code)
if(NOT _backend_code EQUAL 0)
  message(FATAL_ERROR
    "No Python 3.9 or newer with pip was found (MRIFoundation_WHEEL_PYTHON is '${MRIFoundation_WHEEL_PYTHON}'), and the package's Install "
    "button cannot work without the backend: install Python, or name one with -DMRIFoundation_WHEEL_PYTHON=/path/to/python3, or package "
    "without the backend with -DMRIFoundation_WITHOUT_BACKEND=ON."
  )
endif()
# pip would fetch setuptools for the build alone; one that this Python has makes the build independent of a network.
execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env --unset=PYTHONHOME --unset=PYTHONPATH
    "${_backend_python}" -c "import setuptools, sys; sys.exit(int(setuptools.__version__.split('.')[0]) < 77)"
  RESULT_VARIABLE _backend_code OUTPUT_QUIET ERROR_QUIET
)
set(_backend_isolation "")
if(_backend_code EQUAL 0)
  set(_backend_isolation --no-build-isolation)
endif()
message(STATUS "The wheel of MRIFoundation's backend is built with ${_backend_python}")

set(_wheel_folder "${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR}/Resources/Backend")
file(GLOB_RECURSE _wheel_sources CONFIGURE_DEPENDS
  "${_backend_source}/backend/*" "${_backend_source}/training/*" "${_backend_source}/web/*.py" "${CMAKE_CURRENT_LIST_DIR}/*.py"
)
list(FILTER _wheel_sources EXCLUDE REGEX "__pycache__")
add_custom_command(
  OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/backend-wheel.stamp"
  COMMAND "${CMAKE_COMMAND}" -E remove_directory "${_wheel_folder}"
  # Slicer's launcher sets variables that would break another Python. The wheel needs a newer one than it is built with, perhaps.
  COMMAND "${CMAKE_COMMAND}" -E env --unset=PYTHONHOME --unset=PYTHONPATH
    "${_backend_python}" -m pip wheel --no-deps --ignore-requires-python --disable-pip-version-check
    ${_backend_isolation} --wheel-dir "${_wheel_folder}" "${_backend_source}"
  COMMAND "${CMAKE_COMMAND}" -E copy "${_backend_source}/deploy/constraints.txt" "${_wheel_folder}"
  COMMAND "${CMAKE_COMMAND}" -E touch "${CMAKE_CURRENT_BINARY_DIR}/backend-wheel.stamp"
  DEPENDS "${_backend_source}/pyproject.toml" "${_backend_source}/deploy/constraints.txt" ${_wheel_sources}
  COMMENT "Building the wheel of MRIFoundation's backend"
  VERBATIM
)
add_custom_target(MRIFoundationBackendWheel ALL DEPENDS "${CMAKE_CURRENT_BINARY_DIR}/backend-wheel.stamp")
install(
  DIRECTORY "${_wheel_folder}"
  DESTINATION "${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR}/Resources"
  COMPONENT RuntimeLibraries
)
