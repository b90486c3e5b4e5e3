# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment that the worker gets."""

from __future__ import annotations

import pytest
from geogan.worker.scrub import scrubbed


@pytest.mark.parametrize(
    "name",
    [
        "PYTHONHOME", "PYTHONPATH", "PYTHONEXECUTABLE", "PythonPath", "__PYVENV_LAUNCHER__",
        "VIRTUAL_ENV", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "QGIS_PREFIX_PATH", "PYQGIS_STARTUP",
        "QT_PLUGIN_PATH", "O4W_QT_PREFIX", "OSGEO4W_ROOT", "GISBASE", "GRASS_PYTHON", "GDAL_DATA",
        "GDAL_DRIVER_PATH", "PROJ_LIB", "PROJ_DATA", "GEOTIFF_CSV", "VSI_CACHE", "PIP_TARGET",
        "PIP_USER",
    ],
)  # fmt: skip
def test_what_belongs_to_qgis_is_dropped(name):
    assert scrubbed({name: "x"}) == {}


@pytest.mark.parametrize(
    "name",
    [
        "PATH", "HOME", "USERPROFILE", "LANG", "LC_ALL", "TMPDIR", "SSH_AUTH_SOCK",
        "CUDA_VISIBLE_DEVICES", "XLA_FLAGS", "TF_CPP_MIN_LOG_LEVEL", "HTTPS_PROXY", "PIP_INDEX_URL",
        "PIP_CERT", "SYSTEMROOT",
    ],
)  # fmt: skip
def test_what_the_user_needs_stays(name):
    assert scrubbed({name: "x"}) == {name: "x"}


def test_of_the_library_path_only_nvidias_folders_stay():
    mixed = "/opt/qgis/lib:/usr/local/cuda-12.3/lib64:lib:cuda:/usr/lib/wsl/lib"
    assert scrubbed({"LD_LIBRARY_PATH": mixed}) == {
        "LD_LIBRARY_PATH": "/usr/local/cuda-12.3/lib64:/usr/lib/wsl/lib"
    }


def test_the_environment_given_is_not_changed():
    environ = {"PYTHONHOME": "x", "PATH": "y"}
    scrubbed(environ)
    assert environ == {"PYTHONHOME": "x", "PATH": "y"}
