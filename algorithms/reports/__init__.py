# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that QGIS shows of a training and of a comparison."""
