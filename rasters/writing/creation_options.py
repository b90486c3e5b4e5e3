# SPDX-License-Identifier: GPL-3.0-or-later
"""How GDAL is told to store a GeoTIFF: our defaults, and what the user wants instead."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ...errors import GeoGanError
from .driver_options import COG, GTIFF, known_by, of_cog_alone

# IF_SAFER makes a BigTIFF from 2 GB of uncompressed pixels on. The overviews add a third and Deflate
# never adds a percent, so a classic TIFF stays below its 4 GB. Predictor 3 is the one for floats.
DEFAULT_OPTIONS: Mapping[str, str] = {
    "TILED": "YES",
    "BLOCKXSIZE": "256",
    "BLOCKYSIZE": "256",
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "3",
    # The low bits of made-up heights are noise: level 6, GDAL's own default, takes 1.7 times the CPU time and
    # saves 0.7 percent of the file.
    "ZLEVEL": "1",
    "BIGTIFF": "IF_SAFER",
    "INTERLEAVE": "BAND",  # one band is written after the other
    # Compression beside the worker, which wants the cores for itself.
    "NUM_THREADS": str(min(4, os.cpu_count() or 1)),
}

COMPRESSIONS_WITH_PREDICTOR = ("DEFLATE", "LZW", "ZSTD")
COMPRESSIONS_WITH_ZLEVEL = ("DEFLATE", "LERC_DEFLATE")

_OFF = ("NO", "FALSE", "OFF", "0")

_REFUSED = frozenset(("PROFILE", "TFW", "RPB", "RPCTXT"))
_PROJECT_AGAIN = frozenset(("TARGET_SRS", "TILING_SCHEME", "RES", "EXTENT"))

#: Our own option, named as GDAL names what it makes: LAYOUT=COG asks for a Cloud Optimized GeoTIFF.
LAYOUT = "LAYOUT"

#: The options of the GTiff driver that the COG driver has under the same name, with the same values.
_SHARED_WITH_COG = ("COMPRESS", "NUM_THREADS", "BIGTIFF", "MAX_Z_ERROR", "GEOTIFF_VERSION", "SPARSE_OK")
_PREDICTORS_OF_COG = {"1": "NO", "2": "STANDARD", "3": "FLOATING_POINT"}
_PREDICTORS = {**{word: number for number, word in _PREDICTORS_OF_COG.items()}, "YES": "3"}
#: What asks the COG driver for other overviews than ours.
_OTHER_OVERVIEWS = frozenset(("RESAMPLING", "OVERVIEW_RESAMPLING", "OVERVIEW_COUNT"))


def merged_options(user: Mapping[str, str] | None) -> dict[str, str]:
    """Return the creation options: the user's over the defaults, whatever their case.

    Raises:
        GeoGanError: one is not for files that are written under another name first, and carry tags; or not
            for land that lies on its own lattice.

    >>> merged_options({"compress": "lzw"})["COMPRESS"]
    'lzw'
    """
    chosen = _chosen(user or {})
    merged = {**DEFAULT_OPTIONS, **chosen}
    for key, takers in (("PREDICTOR", COMPRESSIONS_WITH_PREDICTOR), ("ZLEVEL", COMPRESSIONS_WITH_ZLEVEL)):
        if key not in chosen and merged["COMPRESS"].upper() not in takers:
            del merged[key]
    if merged["BIGTIFF"].upper() == "IF_NEEDED":  # which QGIS asks for, and which leaves out the overviews
        merged["BIGTIFF"] = DEFAULT_OPTIONS["BIGTIFF"]
    if not is_tiled(merged):
        # In strips, these would make strips 256 rows high, or be refused.
        for key in ("BLOCKXSIZE", "BLOCKYSIZE"):
            if key not in chosen:
                del merged[key]
    return merged


def _chosen(user: Mapping[str, str]) -> dict[str, str]:
    """Return the user's options under GDAL's names, with the GTiff driver's word for a predictor."""
    chosen = {key.upper(): str(value) for key, value in user.items()}
    for key in _REFUSED.intersection(chosen):
        raise GeoGanError(
            "The creation option {option} writes files beside the GeoTIFF, or leaves out that its land is "
            "synthetic: leave it out.",
            option=key,
        )
    for key in _PROJECT_AGAIN.intersection(chosen):
        raise GeoGanError(
            "The creation option {option} would project the land once more: leave it out, and project the "
            "result with Warp (reproject).",
            option=key,
        )
    if "PREDICTOR" in chosen:
        chosen["PREDICTOR"] = _PREDICTORS.get(chosen["PREDICTOR"].upper(), chosen["PREDICTOR"])
    return chosen


def is_tiled(merged: Mapping[str, str]) -> bool:
    """Return whether the file is stored in tiles, or else in strips as wide as itself."""
    return merged["TILED"].upper() not in _OFF


def is_sparse(merged: Mapping[str, str]) -> bool:
    """Return whether tiles that hold no value may be left out of the file."""
    return merged.get("SPARSE_OK", "NO").upper() not in _OFF


def is_exact(merged: Mapping[str, str]) -> bool:
    """Return whether a file with these options gives back each value as it was put in.

    >>> is_exact(merged_options({"COMPRESS": "LERC"})), is_exact(merged_options({"NBITS": "16"}))
    (True, False)
    """
    loses = merged.get("MAX_Z_ERROR", "0"), merged.get("DISCARD_LSB", "0")
    is_rounded = any(part.strip(" 0.") for each in loses for part in each.split(","))
    return not is_rounded and "NBITS" not in merged and merged.get("JXL_LOSSLESS", "YES").upper() == "YES"


def is_cog(merged: Mapping[str, str]) -> bool:
    """Return whether these options ask for a Cloud Optimized GeoTIFF."""
    return merged.get(LAYOUT, "").upper() == COG


def unknown(merged: Mapping[str, str]) -> list[str]:
    """Return the names that none of the drivers that write such a file knows.

    >>> unknown(merged_options({"COMPRES": "LZW", "BLOCKSIZE": "512"}))
    ['COMPRES', 'BLOCKSIZE']
    >>> unknown(merged_options({"COMPRES": "LZW", "BLOCKSIZE": "512", "LAYOUT": "COG"}))
    ['COMPRES']
    """
    known = known_by(GTIFF) | (known_by(COG) | {LAYOUT} if is_cog(merged) else frozenset())
    return [key for key in merged if key not in known]


def of_geotiff(merged: Mapping[str, str]) -> list[str]:
    """Return the options for the GTiff driver, as GDAL takes them."""
    not_for_it = of_cog_alone() | {LAYOUT}
    return [f"{key}={value}" for key, value in merged.items() if key not in not_for_it]


def of_cog(merged: Mapping[str, str]) -> list[str]:
    """Return the options for the COG driver: its own, and those that store the pixels as `of_geotiff` would.

    >>> of_cog(merged_options({"COMPRESS": "LERC", "NUM_THREADS": "2", "LAYOUT": "COG"}))
    ['COMPRESS=LERC', 'NUM_THREADS=2', 'BIGTIFF=IF_SAFER', 'BLOCKSIZE=256', 'OVERVIEWS=AUTO']
    """
    options = {key: merged[key] for key in _SHARED_WITH_COG if key in merged}
    options["BLOCKSIZE"] = merged.get("BLOCKXSIZE", DEFAULT_OPTIONS["BLOCKXSIZE"])
    if merged.get("PREDICTOR") in _PREDICTORS_OF_COG:
        options["PREDICTOR"] = _PREDICTORS_OF_COG[merged["PREDICTOR"]]
    level = merged.get("ZLEVEL", merged.get("ZSTD_LEVEL"))
    if level is not None:
        options["LEVEL"] = level
    options["OVERVIEWS"] = "AUTO"  # those that are there
    if not _OTHER_OVERVIEWS.isdisjoint(merged):
        options["OVERVIEWS"] = "IGNORE_EXISTING"
        options["OVERVIEW_RESAMPLING"] = merged.get("RESAMPLING", "AVERAGE")
    options.update((key, value) for key, value in merged.items() if key in of_cog_alone())
    return [f"{key}={value}" for key, value in options.items()]
