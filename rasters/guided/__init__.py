# SPDX-License-Identifier: GPL-3.0-or-later
"""Land that is fitted to what is given of it: coarse cells and sketches."""
