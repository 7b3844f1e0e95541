"""Where each family keeps what is added to the residual stream, and how a state of it is read as logits.

A layer adds the output of its attention and of its MLP to the stream x: pre-norm, x ← x + f(norm(x)), or post-norm,
x ← norm(x + f(x)) (Xiong et al. 2020, arXiv:2002.04745, §3.1). Paths are dotted, as in ``layouts``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from core.errors import NeedsHead, NeedsOneStack, NeedsPreNorm, UnsupportedModel
from core.models.load.small import weights_of
from core.models.read.held import exact
from core.models.read.layouts import layer_of, network, shape_of

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.models.load.residency import LoadedModel


@dataclass(frozen=True, slots=True)
class Stream:
    """Module paths of one family; ``final`` and ``positions`` from the base model, all others from one layer."""

    attention: str  # its output is added to the stream
    heads: str  # the linear map behind the heads: its input is their outputs side by side
    mlp: str  # its output is added to the stream
    neurons: str  # the linear map behind the neurons: its input is their activations
    norms: tuple[str, str]  # of the attention, of the MLP
    final: str = ""  # norm after the last layer
    positions: str = ""  # table of learned positions
    post: bool = False  # the norms stand behind the sum


_LLAMA = Stream(
    attention="self_attn",
    heads="self_attn.o_proj",
    mlp="mlp",
    neurons="mlp.down_proj",
    norms=("input_layernorm", "post_attention_layernorm"),
    final="norm",
)
_BERT = Stream(
    attention="attention.output.dense",
    heads="attention.output.dense",
    mlp="output.dense",
    neurons="output.dense",
    norms=("attention.output.LayerNorm", "output.LayerNorm"),
    post=True,
)
STREAMS: Mapping[str, Stream] = MappingProxyType(
    {
        "llama": _LLAMA,
        "qwen": _LLAMA,
        "gpt2": Stream(
            attention="attn",
            heads="attn.c_proj",
            mlp="mlp",
            neurons="mlp.c_proj",
            norms=("ln_1", "ln_2"),
            final="ln_f",
            positions="wpe",
        ),
        "bert": _BERT,
        "roberta": _BERT,
    }
)


def stream_of(loaded: LoadedModel) -> Stream:
    """The parts of the model's one stream. Errors: NeedsOneStack (encoder-decoder), UnsupportedModel."""
    if loaded.spec.kind == "encoder-decoder":
        raise NeedsOneStack(model=loaded.spec.id)
    found = STREAMS.get(loaded.spec.family or "")
    if found is None:
        raise UnsupportedModel(model=loaded.spec.id, architecture=str(network(loaded).config.model_type))
    return found


def pre_norm(loaded: LoadedModel) -> Stream:
    """The parts of a stream that is a plain sum, with a head behind it. Errors: NeedsPreNorm, NeedsHead."""
    found = stream_of(loaded)
    if found.post:
        raise NeedsPreNorm(model=loaded.spec.id)
    head(loaded)
    return found


def head(loaded: LoadedModel) -> nn.Module:
    """What makes logits of the last states: one linear map, or the transform of a masked model. Errors: NeedsHead."""
    children = dict(network(loaded).named_children())
    masked = children.get("cls")  # BERT's, with the head of next sentences beside it where there is one
    found: nn.Module | None = getattr(masked, "predictions", masked) or children.get("lm_head")
    if found is None:
        raise NeedsHead(model=loaded.spec.id)
    return found


def final_norm(loaded: LoadedModel) -> nn.Module | None:
    """The norm behind the last layer, None where the model has none."""
    path = stream_of(loaded).final
    found: nn.Module | None = getattr(network(loaded).base_model, path, None) if path else None
    return None if found is None or type(found).__name__ == "Identity" else found


def read_out(loaded: LoadedModel, states: torch.Tensor) -> torch.Tensor:
    """Logits [..., vocab] of states of the stream [..., d_model]: the model's own last norm, once, and its head."""
    norm = final_norm(loaded)
    logits: torch.Tensor = head(loaded)(states if norm is None else norm(states))
    return logits


def columns(linear: nn.Module, at: slice | torch.Tensor = slice(None)) -> torch.Tensor:
    """The weight [in, out] of a linear map, or these rows of it, in float64; GPT-2's lie the other way round."""
    weight = weights_of(linear)
    return exact((weight if type(linear).__name__ == "Conv1D" else weight.T)[at])


def part(loaded: LoadedModel, layer: int, path: str) -> nn.Module:
    """A module of one layer."""
    return layer_of(loaded, layer).get_submodule(path)


@contextmanager
def taking(
    modules: Sequence[nn.Module],
    keep: Callable[[torch.Tensor], Any] = lambda one: one,
    *,
    inputs: bool = False,
) -> Iterator[list[Any]]:
    """Collect what passes through modules, in their order, during the forwards inside: outputs, or inputs.

    The list fills as the modules run; each must run once, one after the other. ``keep`` is what is kept of each.
    """
    taken: list[Any] = []

    def before(_module: nn.Module, given: tuple[Any, ...]) -> None:
        taken.append(keep(given[0]))

    def after(_module: nn.Module, _given: Any, made: Any) -> None:
        taken.append(keep(made[0] if isinstance(made, tuple) else made))

    with ExitStack() as stack:
        for module in modules:
            hook = module.register_forward_pre_hook(before) if inputs else module.register_forward_hook(after)
            stack.callback(hook.remove)
        yield taken


@contextmanager
def identity(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Let modules give back what they are given."""

    def skip(_module: nn.Module, given: tuple[Any, ...], _made: Any) -> Any:
        return given[0]

    with ExitStack() as stack:
        for module in modules:
            stack.callback(module.register_forward_hook(skip).remove)
        yield


def depth(loaded: LoadedModel) -> int:
    """Number of layers."""
    return shape_of(loaded).layers
