# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks behind `make bench`. One module for each kind of measurement, each with `measure(place)`.

Imported as `geogan.test.bench`, through the package name that test/conftest.py binds.
"""
