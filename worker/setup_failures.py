# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences for what venv and pip print where they fail."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from ..errors import GeoGanError


@dataclass(frozen=True)
class Failure:
    """A usual failure of venv or pip: what it prints, and what that means."""

    signs: tuple[str, ...]
    template: str


# The first that is found counts: without a network pip ends with "No matching distribution" too.
FAILURES = (
    Failure(
        ("No space left on device", "Errno 28", "not enough space on the disk", "WinError 112]"),
        "There is not enough disk space for the worker's environment in {home}. Free some, then try again.",
    ),
    Failure(
        ("Long Path support", "WinError 206]"),
        "The path {home} is too long for Windows. Set the variable GEOGAN_HOME to a short one, such as "
        "C:\\GeoGAN, start QGIS again, then try again.",
    ),
    Failure(
        ("407 Proxy", "Proxy Authentication Required"),
        "The proxy server wants a user name and a password. Set them in the variable HTTPS_PROXY.",
    ),
    Failure(
        ("CERTIFICATE_VERIFY_FAILED", "SSLCertVerificationError"),
        "The package server's certificate was not accepted. If your network inspects traffic, set PIP_CERT "
        "to the file of its certificate.",
    ),
    Failure(
        ("SSL module is not available", "ssl module in Python is not available"),
        "Python {python} was built without SSL, so it cannot download packages. Install another one, for "
        "example from python.org, or install from a folder of wheels.",
    ),
    Failure(
        (
            *("NewConnectionError", "Max retries exceeded", "name resolution", "getaddrinfo failed"),
            *("Network is unreachable", "Connection refused", "connection broken", "ProxyError", "Timeout"),
        ),
        "The package server cannot be reached. Check the network and the proxy settings, or install from a "
        "folder of wheels.",
    ),
    Failure(
        ("No matching distribution found", "Could not find a version that satisfies"),
        "There is no package of the wanted version for Python {version} on this machine ({platform}): {last}",
    ),
    Failure(
        ("ensurepip is not available", "No module named venv", "No module named ensurepip"),
        "Python {python} cannot make virtual environments. On Debian and Ubuntu install what is missing with "
        '"sudo apt install python3-venv", then try again.',
    ),
    Failure(
        # Windows says the rest in its own language.
        ("Permission denied", "Access is denied", "Errno 13", "WinError 5]", "WinError 32]"),
        "The folder {home} cannot be written, or a program in it is in use. Close other QGIS windows, then "
        "try again.",
    ),
)


def explain_failure(printed: list[str], code: int, *, home: str, python: str, version: str) -> GeoGanError:
    """Return the sentence for what venv or pip printed before it ended with `code`."""
    text = "\n".join(printed)
    last = next((line for line in reversed(printed) if line.strip()), "")
    for failure in FAILURES:
        if any(sign in text for sign in failure.signs):
            values = {
                "home": home,
                "python": python,
                "version": version,
                "platform": sys.platform,
                "last": last,
            }
            return GeoGanError(failure.template, **values)
    return GeoGanError(
        "The worker's environment could not be made (exit code {code}). The last lines were:\n{tail}",
        code=code,
        tail="\n".join(printed[-8:]),
    )
