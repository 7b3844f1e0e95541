"""Whether two results say the same, but for what another processor rounds otherwise."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest


def by_chance(live: Any, name: str) -> bool:
    """Whether a field is another on another processor: UMAP and t-SNE place points by many small random steps."""
    return getattr(live, "method", "pca") != "pca" and name in ("positions", "trustworthiness")


def same(stored: Any, live: Any) -> None:
    for field in dataclasses.fields(live):
        one, other = getattr(stored, field.name), getattr(live, field.name)
        if field.name == "milliseconds":  # of the run that was bundled
            continue
        if by_chance(live, field.name):
            assert np.shape(one) == np.shape(other)
            assert stored.trustworthiness == pytest.approx(live.trustworthiness, abs=0.03)
        else:
            alike(one, other, field.name)


def alike(one: Any, other: Any, name: str) -> None:
    """Equal but for what another processor rounds otherwise; parts are compared one by one."""
    if isinstance(other, np.ndarray) and other.dtype == np.uint8:
        assert np.abs(one.astype(int) - other.astype(int)).max(initial=0) <= 1, name
    elif isinstance(other, np.ndarray) and name == "recall":  # a share of neighbours: near ties change places
        np.testing.assert_allclose(one, other, atol=3e-3, err_msg=name)
    elif isinstance(other, np.ndarray):
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=2e-4, err_msg=name)
    elif dataclasses.is_dataclass(other):
        assert type(one) is type(other), name
        same(one, other)
    elif isinstance(other, float):
        assert one == pytest.approx(other, abs=1e-4, rel=1e-3, nan_ok=True), name
    elif isinstance(other, tuple):
        assert len(one) == len(other), name
        for first, second in zip(one, other, strict=True):
            alike(first, second, name)
    else:
        assert one == other, name
