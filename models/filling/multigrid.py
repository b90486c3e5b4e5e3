# SPDX-License-Identifier: GPL-3.0-or-later
"""Laplace's equation over very many pixels: conjugate gradients that are helped by coarser and coarser cells.

Without them, what must reach across a void of n pixels a side takes rounds in proportion to n.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, SuperLU, cg, splu

from ...errors import GeoGanError

_TOLERANCE = 1e-7  # of the residual, over the right-hand side
_MOST_ROUNDS = 500  # fifteen to thirty are usual
_DIRECT = 2_000  # cells: fewer are solved by elimination
_DAMPING = 0.7  # of the corrections pixel by pixel
# Steps between cells count as steps between pixels, but are twice as long (Braess 1995).
_STIFFNESS = 0.5


class _Level(NamedTuple):
    """Equations over cells, and to which of the next, larger cells each belongs."""

    matrix: csr_matrix
    inverse_diagonal: np.ndarray
    into: csr_matrix  # (cells, larger cells), ones and zeros


def solved(matrix: csr_matrix, right: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return the solution of equations over pixels that lie at rows and columns.

    Args:
        matrix: symmetric and positive definite, (n, n).
        right: (n,).

    Raises:
        GeoGanError: they are not solved, as where heights are no numbers.
    """
    levels, coarsest = _levels(matrix, rows, cols)
    preconditioner = LinearOperator(matrix.shape, lambda residual: _correction(levels, coarsest, residual))
    found, is_unsolved = cg(matrix, right, rtol=_TOLERANCE, maxiter=_MOST_ROUNDS, M=preconditioner)
    if is_unsolved:
        raise GeoGanError(
            "The land that was made cannot be brought to the heights around a void. Check that they are "
            "heights, or fill the void in parts, by a mask."
        )
    return found


def _levels(matrix: csr_matrix, rows: np.ndarray, cols: np.ndarray) -> tuple[list[_Level], SuperLU]:
    levels = []
    while len(rows) > _DIRECT:
        cells, of = np.unique(np.stack([rows, cols]) // 2, axis=1, return_inverse=True)
        of = of.reshape(-1)  # NumPy 2.0 gave it another shape
        into = csr_matrix((np.ones(len(of)), (np.arange(len(of)), of)), (len(of), cells.shape[1]))
        levels.append(_Level(matrix, _DAMPING / matrix.diagonal(), into))
        matrix = (_STIFFNESS * (into.T @ matrix @ into)).tocsr()
        rows, cols = cells
    return levels, splu(matrix.tocsc())


def _correction(levels: list[_Level], coarsest: SuperLU, residual: np.ndarray) -> np.ndarray:
    """Return about what solves the equations of the first level for a residual, by one way down and up."""
    if not levels:
        return coarsest.solve(residual)
    matrix, inverse_diagonal, into = levels[0]
    found = inverse_diagonal * residual
    found += into @ _correction(levels[1:], coarsest, into.T @ (residual - matrix @ found))
    return found + inverse_diagonal * (residual - matrix @ found)
