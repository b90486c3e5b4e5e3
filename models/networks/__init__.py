# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator and the discriminator of one stage, their noise, and what they are made of."""
