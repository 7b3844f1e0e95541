"""Everything that can go wrong in a way the visitor can mend.

An error carries a message key (looked up in ``assets/text/<lang>/common.toml``, table ``errors``) and the values
that its sentence names; ``core`` never speaks a language itself.
"""

from __future__ import annotations

from typing import ClassVar, Literal, Self

Unit = Literal["tokens", "characters", "bytes"]
"""What the length of a text is counted in; ``common.toml``, table ``units``, has the words."""


class GlassboxError(Exception):
    """Base of all errors that the frame turns into a translated sentence with the remedy."""

    key: ClassVar[str] = "unknown"

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.key, values)

    def bare(self) -> Self:
        """The same without its traceback and causes, which hold on to what it was raised for."""
        return type(self)(**self.values)

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
    """The model does not fit the memory (``model``, ``need_mb``, ``limit_mb``)."""

    key = "model_too_large"


class MemoryLent(GlassboxError):
    """The model fits the memory, but not while a map is computed (``model``)."""

    key = "memory_lent"


class VocabularyTooLarge(GlassboxError):
    """A vocabulary does not fit the memory (``vocabulary``, ``need_mb``, ``limit_mb``)."""

    key = "vocabulary_too_large"


class MapTooLarge(GlassboxError):
    """The process that projects does not fit beside the server (``method``, ``count``, ``need_mb``, ``limit_mb``)."""

    key = "map_too_large"


class Crowded(GlassboxError):
    """There are as many visitors as there is memory for (``count``)."""

    key = "crowded"


class DamagedModel(GlassboxError):
    """A file of a model is not what it should be: its checksum, its length, its content (``model``, ``file``)."""

    key = "damaged_model"


class MissingWeights(GlassboxError):
    """A file that the manifest names is not there (``model``, ``file``)."""

    key = "missing_weights"


class RefusedFile(GlassboxError):
    """A file of a model from outside is not read (``model``, ``file``, ``reason``: see the table ``reasons``)."""

    key = "refused_file"


class ModelLocked(GlassboxError):
    """The server is open to others, or its operator allows listed models only (``model``)."""

    key = "model_locked"


class DiskFull(GlassboxError):
    """A download does not fit the disk or its budget there (``model``, ``need_mb``, ``limit_mb``)."""

    key = "disk_full"


class TooManyLoads(GlassboxError):
    """Too many models were asked for in a short time (``model``; the next one in ``minutes``)."""

    key = "too_many_loads"


class HubUnreachable(GlassboxError):
    """The Hugging Face hub did not answer (``model``)."""

    key = "hub_unreachable"


NOT_HAD = (
    UnknownModel, ModelUnavailable, UnsupportedModel, ModelTooLarge, MemoryLent, DamagedModel, MissingWeights,
    RefusedFile, ModelLocked, DiskFull, TooManyLoads, HubUnreachable,
)  # fmt: skip
"""What a model that was asked for cannot be had for."""


class TextEmpty(GlassboxError):
    """There is no text to look at."""

    key = "text_empty"


class TextTooLong(GlassboxError):
    """The text is longer than the view or the model takes (``count``, ``limit``, ``unit``: see `Unit`)."""

    key = "text_too_long"

    def __init__(self, *, count: int, limit: int, unit: Unit = "tokens") -> None:
        super().__init__(count=count, limit=limit, unit=unit)


class TextTooShort(GlassboxError):
    """The text is shorter than the view needs (``count``, ``least``, ``unit``: see `Unit`)."""

    key = "text_too_short"

    def __init__(self, *, count: int, least: int, unit: Unit = "tokens") -> None:
        super().__init__(count=count, least=least, unit=unit)


class NotText(GlassboxError):
    """A file is no text in an encoding that is read (``name``)."""

    key = "not_text"


class OutOfMemory(GlassboxError):
    """The computation did not fit in memory (``model``)."""

    key = "out_of_memory"


class BadParameter(GlassboxError):
    """A parameter of the link is not one that the page knows (``name``)."""

    key = "bad_parameter"


class NeedsDecoder(GlassboxError):
    """The view needs next-token predictions, which this model does not make (``model``)."""

    key = "needs_decoder"


class NeedsEncoderDecoder(GlassboxError):
    """The view needs a model that reads with an encoder and writes with a decoder (``model`` does not)."""

    key = "needs_encoder_decoder"


class NeedsMasked(GlassboxError):
    """The view needs a model that fills masks (``model`` has no head for it)."""

    key = "needs_masked"


class CannotRead(GlassboxError):
    """So much of a text is unknown to a model that there is nothing to see (``model``, ``share`` of its tokens)."""

    key = "cannot_read"


class NeedsPairHead(GlassboxError):
    """The view needs a model trained on next sentences (``model`` has no head for it)."""

    key = "needs_pair_head"


class NeedsRotary(GlassboxError):
    """The view needs a model that turns its queries and keys (``model`` does not)."""

    key = "needs_rotary"


class NeedsLearned(GlassboxError):
    """The view needs a model with a table of learned positions (``model`` has none)."""

    key = "needs_learned"


class PositionsStay(GlassboxError):
    """The positions of this model cannot be switched off (``model``)."""

    key = "positions_stay"


class UnknownWords(GlassboxError):
    """The table holds none of these words, or lacks one that is needed (``words``, shortened)."""

    key = "unknown_words"


class TooFewKnown(GlassboxError):
    """The table holds fewer of the words than are needed (``count``, ``least``; it lacks ``words``, shortened)."""

    key = "too_few_known"


class NoTokens(GlassboxError):
    """The model's vocabulary was made without this script: every piece is unknown (``model``, ``text``, shortened)."""

    key = "no_tokens"


class BadTable(GlassboxError):
    """A line of a pasted or uploaded CSV cannot be read (``line``)."""

    key = "bad_table"


class BadEncoding(GlassboxError):
    """An uploaded file is no text in any encoding that is read."""

    key = "bad_encoding"


class NotFinite(GlassboxError):
    """A CSV holds something that is no finite number where one must stand (``line``)."""

    key = "not_finite"


class TooManyRows(GlassboxError):
    """A list or CSV has more lines than are drawn (``count``, ``limit``)."""

    key = "too_many_rows"


class FileTooLarge(GlassboxError):
    """A list or CSV has more bytes than are read (``megabytes``, ``limit``)."""

    key = "file_too_large"


class TooFewPoints(GlassboxError):
    """There are fewer points than the method needs (``count``, ``least``)."""

    key = "too_few_points"


class IdenticalVectors(GlassboxError):
    """All points lie in one place (``count``)."""

    key = "identical_vectors"


class NeedsWorker(GlassboxError):
    """The projection takes long and is computed in a process of its own.

    ``method``, ``count`` of points, ``at_once``: whether it is short enough to start by itself.
    """

    key = "needs_worker"


class WorkerFailed(GlassboxError):
    """The process that projects ended without a result."""

    key = "worker_failed"


class WorkerKilled(GlassboxError):
    """The process that projects was ended from outside, as a system does that is short of memory."""

    key = "worker_killed"


class TrainingEnded(GlassboxError):
    """The process that trains ended without a word, or was ended from outside (short of memory)."""

    key = "training_ended"


class TrainingNoRoom(GlassboxError):
    """The folder for temporary files is full, or cannot be written to: a training needs some."""

    key = "training_no_room"


class TrainingTooLarge(GlassboxError):
    """A training does not fit the memory, or would take too long (``need_mb``, ``limit_mb``; 0: it is the time)."""

    key = "training_too_large"


class NoRoom(GlassboxError):
    """The folder for temporary files is full, or cannot be written to."""

    key = "no_room"


class NotWritten(GlassboxError):
    """A text that is being written was waited for no longer (``minutes``)."""

    key = "not_written"


class TookTooLong(GlassboxError):
    """A projection was stopped after the longest time that it may take (``minutes``)."""

    key = "took_too_long"


class WordMissing(GlassboxError):
    """Too few of the sentences hold the word (``word``)."""

    key = "word_missing"


class TooFewSenses(GlassboxError):
    """The text has fewer than two senses with three sentences each."""

    key = "too_few_senses"


class BadContinuation(GlassboxError):
    """A line is no sentence with another that may follow it (``line``)."""

    key = "bad_continuation"


class BadPair(GlassboxError):
    """A line is no sentence with its translation (``line``)."""

    key = "bad_pair"


class NoChatTemplate(GlassboxError):
    """The model was not made for conversations: it has no chat template (``model``)."""

    key = "no_chat_template"


class NeedsHead(GlassboxError):
    """The model turns text into vectors and has no head that makes logits of them (``model``)."""

    key = "needs_head"


class NeedsOneStack(GlassboxError):
    """The view looks at one residual stream; an encoder-decoder has two (``model``)."""

    key = "needs_one_stack"


class NeedsPreNorm(GlassboxError):
    """The stream of a post-norm model is normed after every sum: its logits are no sum of parts (``model``)."""

    key = "needs_pre_norm"


class UnequalTexts(GlassboxError):
    """Two texts that must have equally many tokens do not (``first``, ``second``)."""

    key = "unequal_texts"


class SameTexts(GlassboxError):
    """Two texts that must differ are the same tokens."""

    key = "same_texts"


class BinaryText(GlassboxError):
    """A pasted text holds zero bytes or many control characters: it is none."""

    key = "binary_text"


class OneWord(GlassboxError):
    """A text holds fewer than two different words or characters: there is nothing to count."""

    key = "one_word"
