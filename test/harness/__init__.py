# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests and the bench share: the real QGIS programs, driven from outside.

Imported as `geogan.test.harness`, through the package name that test/conftest.py binds. Needs no QGIS itself.
"""
