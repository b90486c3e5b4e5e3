# SPDX-License-Identifier: GPL-3.0-or-later
"""A trained model in, blocks of its world out: the cascade of stages, and what land can be made to follow."""
