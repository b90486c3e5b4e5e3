# SPDX-License-Identifier: GPL-3.0-or-later
"""The boundary between QGIS and the TensorFlow process.

On QGIS's side: `client`, `pool`, `pipes`, `process`, `scrub` and `archive` run a worker; `environment`,
`managed`, `installation`, `interpreter` and `lock` set one up. On the far side, sent over the pipe:
`bootstrap`, then `server`, `runtime` and `channel`. On both: `protocol`.
"""
