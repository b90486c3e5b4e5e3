# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers as users have them: found, read, aligned and cleaned."""
