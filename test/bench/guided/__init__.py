# SPDX-License-Identifier: GPL-3.0-or-later
"""Real land made coarse, made finer again, and compared with what it was: see `__main__.py`."""
