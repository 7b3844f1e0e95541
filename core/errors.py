"""Everything that can go wrong in a way the visitor can mend.

An error carries a message key (looked up in ``assets/text/<lang>/common.toml``, table ``errors``) and the values
that its sentence names; ``core`` never speaks a language itself.
"""

from __future__ import annotations

from typing import ClassVar


class GlassboxError(Exception):
    """Base of all errors that the frame turns into a translated sentence with the remedy."""

    key: ClassVar[str] = "unknown"

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.key, values)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.key}({shown})"


class UnknownModel(GlassboxError):
    """No model is registered under this id (``model``)."""

    key = "unknown_model"


class ModelUnavailable(GlassboxError):
    """The model is known but cannot be had now (``model``, ``reason``)."""

    key = "model_unavailable"


class UnsupportedModel(GlassboxError):
    """The model's architecture is not one that is shown (``model``, ``architecture``)."""

    key = "unsupported_model"


class ModelTooLarge(GlassboxError):
    """The model does not fit disk or memory (``model``, ``need_mb``, ``limit_mb``)."""

    key = "model_too_large"


class DamagedModel(GlassboxError):
    """A weight file's checksum differs from its manifest (``model``, ``file``)."""

    key = "damaged_model"


class MissingWeights(GlassboxError):
    """A file that the manifest names is not there (``model``, ``file``)."""

    key = "missing_weights"


class ModelLocked(GlassboxError):
    """The operator allows listed models only (``model``)."""

    key = "model_locked"


class HubUnreachable(GlassboxError):
    """The Hugging Face hub did not answer (``model``)."""

    key = "hub_unreachable"


class TextEmpty(GlassboxError):
    """There is no text to look at."""

    key = "text_empty"


class TextTooLong(GlassboxError):
    """The text has more tokens than the view or the model takes (``count``, ``limit``)."""

    key = "text_too_long"


class TextTooShort(GlassboxError):
    """The text has fewer tokens than the view needs (``count``, ``least``)."""

    key = "text_too_short"


class Busy(GlassboxError):
    """The server computes for others; ``place`` is the visitor's place in the queue."""

    key = "busy"


class OutOfMemory(GlassboxError):
    """The computation did not fit in memory (``model``)."""

    key = "out_of_memory"


class BadParameter(GlassboxError):
    """A parameter of the link is not one that the page knows (``name``)."""

    key = "bad_parameter"


class NeedsDecoder(GlassboxError):
    """The view needs next-token predictions, which this model does not make (``model``)."""

    key = "needs_decoder"


class NoChatTemplate(GlassboxError):
    """The model was not made for conversations: it has no chat template (``model``)."""

    key = "no_chat_template"
