# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that QGIS shows of models, trainings and comparisons, and their parts."""
