"""What transformers and torch would import and nothing here uses: 120 MB, and seconds before the first model."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import ModuleType
from typing import Any

COMPILER = "torch._dynamo"
TRACING = f"{COMPILER}._trace_wrapped_higher_order_op"
"""Torch's compiler, and the module of it that has the one class which masks of attention want where vmap makes them."""


def import_transformers() -> None:
    """Import what all models share, without SciPy, torch's compiler and its algebra, and tensors on many machines."""
    import torch
    import transformers.utils
    from transformers.utils import import_utils

    parts: Any = transformers.utils, import_utils
    for one in parts:
        one.is_scipy_available = one.is_torch_distributed_available = lambda: False
    with _uncompiled(torch) if COMPILER not in sys.modules else nullcontext():
        import transformers.generation.utils
        import transformers.modeling_utils


@contextmanager
def without_memory() -> Iterator[None]:
    """Modules made meanwhile have parameters without memory; buffers, which are few, have theirs.

    On torch's meta device all would be without; but what BERT computes of its buffers there imports torch's algebra.
    """
    from torch import nn

    plain, mine = nn.Module.register_parameter, threading.get_ident()

    def register(module: nn.Module, name: str, given: nn.Parameter | None) -> None:
        plain(module, name, given)
        if given is not None and threading.get_ident() == mine:
            module._parameters[name] = nn.Parameter(given.to("meta"), requires_grad=given.requires_grad)

    vars_of: Any = nn.Module
    vars_of.register_parameter = register
    try:
        yield
    finally:
        vars_of.register_parameter = plain


def leave_compiler_out() -> None:
    """In a process that trains: optimizers would import the compiler only to say that they are not to be compiled."""
    import torch

    if COMPILER not in sys.modules:
        compiler: Any = ModuleType(COMPILER)
        compiler.disable, compiler.graph_break = _itself, lambda *_, **__: None
        whole: Any = torch
        whole._dynamo = sys.modules[COMPILER] = compiler


class _Lazy:
    """Stands for the class of the compiler until one is made."""

    def __new__(cls) -> Any:
        from torch._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex

        return TransformGetItemToIndex()


@contextmanager
def _uncompiled(torch: Any) -> Iterator[None]:
    """While modules are imported that say what is to be compiled in which way: nothing here is."""
    compiler, tracing = ModuleType(COMPILER), ModuleType(TRACING)
    vars(compiler).update(allow_in_graph=_itself, assume_constant_result=_itself)
    vars(tracing)["TransformGetItemToIndex"] = _Lazy
    plain, torch.compiler.disable, torch._dynamo = torch.compiler.disable, _itself, compiler
    sys.modules |= {COMPILER: compiler, TRACING: tracing}
    try:
        yield
    finally:
        torch.compiler.disable = plain
        del torch._dynamo, sys.modules[COMPILER], sys.modules[TRACING]


def _itself(function: Callable[..., Any] | None = None, *_: object, **__: object) -> Any:
    return function if function is not None else _itself
