# SPDX-License-Identifier: GPL-3.0-or-later
"""Land for the voids of a layer, brought to what is known around them."""
