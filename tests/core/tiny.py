"""Random models of every family, thousands of parameters each, and tokenizers of a few sentences."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MarianConfig,
    MarianMTModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from core.models.load.residency import LoadedModel
from core.models.specs import Family, Kind, ModelSpec

TEXTS = [
    "The quick brown fox jumps over the lazy dog, and the dog sleeps.",
    "The cat sat on the mat because the cat was tired.",
    "猫坐在垫子上，因为它累了。中文也可以。",
    "a b c d e f g 0 1 2 3 4 5 6 7 8 9",
]
SAMPLE = "The cat and the dog and the cat 中文"

_SPECIAL = ["<s>", "</s>", "<unk>", "<pad>"]
_NAMES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


@cache
def byte_level() -> PreTrainedTokenizerFast:
    """Byte-level BPE as in GPT-2, without a start token."""
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=340, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    engine.train_from_iterator(TEXTS, trainer)
    return _fast(engine, **_NAMES)


@cache
def metaspace() -> PreTrainedTokenizerFast:
    """Unigram with ▁ for a space as in XLM-R, <s> … </s> around a text."""
    engine = Tokenizer(models.Unigram())
    engine.pre_tokenizer = pre_tokenizers.Metaspace()
    engine.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120, special_tokens=_SPECIAL, unk_token="<unk>", show_progress=False
    )
    engine.train_from_iterator(TEXTS, trainer)
    engine.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return _fast(engine, **_NAMES, cls_token="<s>", sep_token="</s>")


@cache
def word_piece() -> PreTrainedTokenizerFast:
    """WordPiece with ## inside words as in BERT."""
    engine = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    engine.normalizer = normalizers.BertNormalizer()
    engine.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    engine.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False)
    engine.train_from_iterator(TEXTS, trainer)
    engine.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return _fast(engine, **names)


def _fast(engine: Tokenizer, **names: str) -> PreTrainedTokenizerFast:
    make: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = make(tokenizer_object=engine, **names)
    return made


_LLAMA = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "attn_implementation": "eager",
}
_BERT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 66,
    "attn_implementation": "eager",
}
_T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 3}
_MARIAN = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "pad_token_id": 3,
    "eos_token_id": 1,
    "decoder_start_token_id": 3,
}
_GPT2 = {"n_embd": 32, "n_layer": 3, "n_head": 4, "n_positions": 64}

# name: (family, kind, tokenizer, model class, config class, settings)
_TINY: dict[str, tuple[Family, Kind, Any, Any, Any, dict[str, Any]]] = {
    "llama": ("llama", "decoder", byte_level, LlamaForCausalLM, LlamaConfig, _LLAMA),
    "qwen2": ("qwen", "decoder", byte_level, Qwen2ForCausalLM, Qwen2Config, _LLAMA),
    "qwen3": ("qwen", "decoder", byte_level, Qwen3ForCausalLM, Qwen3Config, _LLAMA | {"head_dim": 12}),
    "gpt2": ("gpt2", "decoder", byte_level, GPT2LMHeadModel, GPT2Config, _GPT2),
    "bert": ("bert", "encoder", word_piece, BertModel, BertConfig, _BERT),
    "bert-mlm": ("bert", "encoder", word_piece, BertForMaskedLM, BertConfig, _BERT),
    "xlm-roberta": ("roberta", "encoder", metaspace, XLMRobertaModel, XLMRobertaConfig, _BERT),
    "t5": ("t5", "encoder-decoder", metaspace, T5ForConditionalGeneration, T5Config, _T5),
    "marian": ("marian", "encoder-decoder", metaspace, MarianMTModel, MarianConfig, _MARIAN),
}
NAMES = tuple(_TINY)
DECODERS = tuple(name for name, (_, kind, *_rest) in _TINY.items() if kind == "decoder")


@cache
def tiny(name: str) -> LoadedModel:
    """A random model with weights large enough that every head looks somewhere in particular."""
    family, kind, tokenizer, model_class, config_class, settings = _TINY[name]
    torch.manual_seed(NAMES.index(name))
    model: PreTrainedModel = model_class(config_class(vocab_size=len(tokenizer()), **settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    spec = ModelSpec(
        id=f"tiny-{name}",
        title=name,
        family=family,
        kind=kind,
        source="folder",
        location="",
        max_tokens=60,
        prefix="query: " if kind == "encoder" else "",
    )
    return LoadedModel(spec, model, tokenizer(), "cpu", "float32", 0, threading.RLock())
