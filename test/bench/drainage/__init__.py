# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark behind `make bench-drainage`: ways to make land drain, one beside the other."""
