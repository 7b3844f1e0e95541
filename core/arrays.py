"""The array types of all results, and how a result is made read-only."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


Ints = npt.NDArray[np.int32]


T = TypeVar("T", bound=np.generic)


def read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """The same array, closed for writing."""
    array.flags.writeable = False
    return array
