# SPDX-License-Identifier: GPL-3.0-or-later
"""The walls between the rooms (README): who may import what, and what shipped code never does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("algorithms", "models", "rasters", "realism", "worker")

# The side of worker/ that runs in the TensorFlow process. The rest of it is the client, inside QGIS.
SERVER_SIDE = {"worker.bootstrap", "worker.channel", "worker.runtime", "worker.server"}

# What each room may import besides the standard library, itself, `errors` and what is said below.
ALLOWED = {
    "__init__": {"plugin"},
    "errors": set(),
    "file_lock": set(),
    "plugin": {"qgis", "processing", "algorithms", "worker"},
    "algorithms": {
        *("qgis", "processing", "numpy", "rasters", "worker"),
        *("models.model_card", "models.model_file", "models.controls", "models.latent"),
    },
    "rasters": {"osgeo", "numpy", "models.controls", "models.details", "file_lock"},
    # A training scores itself, so models/ may ask realism/, which knows neither networks nor QGIS.
    "models": {
        "tensorflow",
        "keras",
        "numpy",
        "scipy",
        "safetensors",
        "realism",
        "worker.channel",
        "worker.protocol",
    },
    "models.model_card": set(),
    "models.model_file": {"models.model_card"},
    "models.controls": {"numpy"},
    "models.details": {"numpy"},
    "models.latent": {"numpy"},
    "realism": {"numpy", "scipy", "matplotlib"},
    "worker": {"numpy", "file_lock"},
    "worker.server": {"numpy", "tensorflow", "keras", "models"},
    "worker.runtime": {"numpy", "tensorflow", "keras"},
}

# What both sides of the process boundary read: these know nothing of the networks.
SHARED = {"models.model_card", "models.model_file", "models.controls", "models.details", "models.latent"}

# Rooms within rooms: each may import from itself and from those before it. What lies beside them comes first,
# but for jobs.py, which hands out what the rooms do (and imports most of them by name, when asked for).
FLOORS = {
    "models": ("networks", "terms", "generation", "filling", "training", "jobs"),
    "rasters": ("reading", "writing", "fitted", "filling"),
    "algorithms": ("reports",),
}

FOREIGN = {
    "qgis",
    "processing",
    "osgeo",
    "numpy",
    "scipy",
    "matplotlib",
    "tensorflow",
    "keras",
    "safetensors",
}


def upward(module: str, source: str, is_package: bool = False) -> list[str]:
    """What a module imports from a room that stands after its own, within the same room."""
    room = module.partition(".")[0]
    names = sorted(name for name in imports_of(module, source, is_package) if name.startswith(f"{room}."))
    return [name for name in names if floor(name) > floor(module)]


def floor(module: str) -> int:
    """Return the floor of a module within its room, the lowest first; -1 beside the rooms within."""
    room, _, rest = module.partition(".")
    floors, name = FLOORS.get(room, ()), rest.partition(".")[0]
    return floors.index(name) if name in floors else -1


def shipped_modules() -> dict[str, str]:
    """Source of every shipped module by dotted name, such as "worker.client"."""
    paths = [ROOT / f"{name}.py" for name in ("__init__", "plugin", "errors", "file_lock")]
    for room in ROOMS:
        paths += sorted((ROOT / room).rglob("*.py"))
    return {module_name(path): path.read_text(encoding="utf-8") for path in paths}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if len(parts) > 1 and parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


def imports_of(module: str, source: str, is_package: bool) -> set[str]:
    """Full names of what a module imports, at its top or inside functions; our own without "geogan."."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = absolute(module, node.module or "", node.level, is_package)
            names |= {f"{base}.{alias.name}" if base else alias.name for alias in node.names}
    return {name.removeprefix("geogan.") for name in names}


def absolute(module: str, target: str, level: int, is_package: bool) -> str:
    if level == 0:
        return target
    package = [] if module == "__init__" else module.split(".")
    up = level - 1 if is_package else level
    return ".".join([*package[: max(len(package) - up, 0)], *([target] if target else [])])


def broken_walls(module: str, source: str, is_package: bool = False) -> list[str]:
    """What a module imports and may not."""
    room = module.partition(".")[0]
    allowed = ALLOWED.get(module, ALLOWED[room]) | {"errors", room}
    if module in SHARED:
        allowed -= {"models"}
    ours = {*ROOMS, "plugin", "errors"}
    relevant = sorted(
        n for n in imports_of(module, source, is_package) if n.partition(".")[0] in FOREIGN | ours
    )
    return [name for name in relevant if not within(name, allowed) or within(name, forbidden_for(module))]


def forbidden_for(module: str) -> set[str]:
    """What would be allowed by the room, but is on the other side of the process boundary."""
    return set() if module in SERVER_SIDE or module.startswith("models") else SERVER_SIDE


def within(name: str, wider: set[str]) -> bool:
    """Whether `name` is one of `wider` or lies inside one."""
    return any(name == wide or name.startswith(wide + ".") for wide in wider)


MODULES = shipped_modules()
PACKAGES = {module_name(path) for room in ROOMS for path in (ROOT / room).rglob("__init__.py")} | {"__init__"}


@pytest.mark.parametrize("module", MODULES)
def test_each_room_imports_only_what_it_may(module):
    assert broken_walls(module, MODULES[module], module in PACKAGES) == []


@pytest.mark.parametrize(
    ("module", "source", "broken"),
    [
        ("rasters.grid", "import tensorflow as tf", ["tensorflow"]),
        ("rasters.grid", "from qgis.core import QgsRasterLayer", ["qgis.core.QgsRasterLayer"]),
        ("models.area", "from osgeo import gdal", ["osgeo.gdal"]),
        ("models.training.dams", "from ...rasters.grid import Window", ["rasters.grid.Window"]),
        ("models.model_file", "import numpy as np", ["numpy"]),
        ("models.model_file", "from .networks import pits", ["models.networks.pits"]),
        ("models.controls", "from .generation import cascade", ["models.generation.cascade"]),
        ("rasters.fitted.sketch", "from ...models.generation import cascade", ["models.generation.cascade"]),
        ("algorithms.train", "def run():\n    import keras.layers", ["keras.layers"]),
        ("algorithms.train", "from ..models import networks", ["models.networks"]),
        ("algorithms.train", "from ..worker.server import serve", ["worker.server.serve"]),
        ("algorithms.train", "from geogan.worker import server", ["worker.server"]),
        ("worker.client", "from ..models.model_file import read_card", ["models.model_file.read_card"]),
        ("worker.client", "from ..rasters import grid", ["rasters.grid"]),
        ("realism.metrics", "import tensorflow", ["tensorflow"]),
        ("errors", "import numpy", ["numpy"]),
        ("rasters.grid", "import numpy\nimport json\nfrom ..errors import GeoGanError", []),
        (
            "algorithms.train",
            "from ..models.model_file import read_card\nfrom ..worker.client import Worker",
            [],
        ),
    ],
)
def test_a_broken_wall_is_found(module, source, broken):
    assert broken_walls(module, source) == broken


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith(("models", "rasters"))])
def test_a_room_within_a_room_imports_only_from_those_before_it(module):
    assert upward(module, MODULES[module], module in PACKAGES) == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("models.area", "from .networks import pits", ["models.networks.pits"]),
        (
            "models.networks.pits",
            "def late():\n    from ..training.dams import x",
            ["models.training.dams.x"],
        ),
        ("models.generation.cascade", "from .. import training", ["models.training"]),
        ("models.training.dams", "from .. import jobs", ["models.jobs"]),
        ("models.training.dams", "from ..generation.cascade import Cascade\nfrom .patches import x", []),
        ("rasters.grid", "from .reading.source import Source", ["rasters.reading.source.Source"]),
        ("rasters.reading.source", "from ..writing.writer import x", ["rasters.writing.writer.x"]),
        ("rasters.filling.voids", "from ..reading.source import Source\nfrom ..grid import Window", []),
    ],
)
def test_a_broken_wall_within_a_room_is_found(module, source, found):
    assert upward(module, source) == found


@pytest.mark.parametrize("room", ROOMS)
def test_all_rooms_within_a_room_are_known_and_hold_nothing_by_themselves(room):
    folders = {path.parent.name for path in (ROOT / room).glob("*/__init__.py")}
    assert folders == set(FLOORS.get(room, ())) - {"jobs"}
    for package in (room, *(f"{room}.{folder}" for folder in folders)):
        assert [node for node in ast.parse(MODULES[package]).body if not isinstance(node, ast.Expr)] == []


def test_the_package_imports_nothing_until_qgis_asks_for_the_plugin():
    tree = ast.parse(MODULES["__init__"])

    assert not [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]


@pytest.mark.parametrize("module", MODULES)
def test_no_assert_is_shipped(module):
    """The plugin repository refuses it, and `python -O` drops it."""
    lines = [node.lineno for node in ast.walk(ast.parse(MODULES[module])) if isinstance(node, ast.Assert)]

    assert lines == []


@pytest.mark.parametrize(
    "path",
    sorted({*ROOT.glob("*.py"), *(p for d in (*ROOMS, "test") for p in (ROOT / d).rglob("*.py"))}),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_each_file_names_its_licence(path):
    first_line = path.read_text(encoding="utf-8").partition("\n")[0]

    assert first_line == "# SPDX-License-Identifier: GPL-3.0-or-later"


@pytest.mark.parametrize("module", MODULES)
def test_shipped_code_parses_on_python_3_9(module):
    """QGIS 3.22 comes with Python 3.9 on some systems."""
    ast.parse(MODULES[module], feature_version=(3, 9))
