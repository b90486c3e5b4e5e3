# SPDX-License-Identifier: GPL-3.0-or-later
"""Land that is fitted to what is given of it: to the cells of a coarse layer, and to a sketch."""
