"""The search at home: what people type, in both languages, and what they expect to find."""

from __future__ import annotations

import pytest

from core import catalog
from core.catalog import LANGUAGES
from core.catalog.search import Entry, search
from core.teaching import lookup, path
from pages.kit.text import table
from pages.views.home.lookup import entries

ENTRIES = entries()
SMALL = {
    "mask": Entry(("Causal mask", "因果掩码"), ("look ahead",), ("A token sees what came before.",)),
    "temperature": Entry(("Temperature", "温度"), ("creativity",), ("Logits are divided by it.",)),
    "bert": Entry(("Masked language modelling", "掩码语言模型"), ("BERT",), ("Some tokens are hidden.",)),
}
# what is typed → what must be found first
FIRST = {
    "幻觉": "hallucination",
    "微调": "fine_tuning",
    "反向传播": "back_propagation",
    "KV cache": "kv_cache",
    "ChatGPT": "chatgpt",
    "tsne": "projection",
    "t-SNE": "projection",
    "ＴＳＮＥ": "projection",
    "降维": "projection",
    "LoRA": "lora",
    "低秩": "lora",
    "RLHF": "rlhf",
    "人类反馈": "rlhf",
    "RAG": "rag",
    "检索增强生成": "rag",
    "quantization": "quantization",
    "quantisation": "quantization",
    "量化": "quantization",
    "蒸馏": "distillation",
    "distillation": "distillation",
    "scaling laws": "scaling_laws",
    "缩放定律": "scaling_laws",
    "agents": "agents",
    "agent": "agents",
    "智能体": "agents",
    "MoE": "mixture_of_experts",
    "混合专家": "mixture_of_experts",
    "token": "tokenization",
    "what is a token?": "tokenization",
    "词元": "tokenization",
    "分词": "tokenization",
    "tokenizer": "tokenization",
    "BPE": "bpe",
    "jieba": "chinese_words",
    "emoji": "utf8_bytes",
    "embedding": "word_vectors",
    "词向量": "word_vectors",
    "word2vec": "word_vectors",
    "one hot": "one_hot",
    "king queen": "analogy",
    "多义词": "static_contextual",
    "cosine": "nearest_neighbours",
    "attention": "multi_head",
    "什么是注意力": "multi_head",
    "自注意力": "multi_head",
    "softmax": "scaled_softmax",
    "QKV": "qkv",
    "GQA": "grouped_query",
    "induction": "induction_head",
    "cross attention": "cross_attention",
    "翻译": "cross_attention",
    "掩码": "causal_mask",
    "RoPE": "rotary",
    "ＲｏＰＥ": "rotary",
    "位置编码": "sinusoidal",
    "positional encoding": "sinusoidal",
    "ALiBi": "alibi",
    "temperature": "temperature",
    "温度": "temperature",
    "creativity": "temperature",
    "top k": "top_k",
    "top-p": "top_p",
    "核采样": "top_p",
    "beam search": "beam_search",
    "困惑度": "perplexity",
    "perplexity": "perplexity",
    "复读机": "repetition_loop",
    "autocomplete": "next_token_prediction",
    "文字接龙": "next_token_prediction",
    "BERT": "fill_mask",
    "完形填空": "fill_mask",
    "LLM": "text_to_text",
    "大模型是怎么工作的": "text_to_text",
    "transformer": "transformer_block",
    "残差连接": "transformer_block",
    "layer norm": "norms_removed",
    "logit lens": "logit_lens",
    "n-gram": "ngram",
    "HMM": "hidden_markov",
    "为什么模型会胡说八道": "hallucination",
    "why does chatgpt make things up": "hallucination",
    "how do I write a prompt": "prompt_engineering",
    "提示词": "prompt_engineering",
    "思维链": "chain_of_thought",
    "过拟合": "overfitting",
    "learning rate": "rate_schedules",
    "梯度下降": "gradient_descent",
    "LSTM": "rnn",
    "显卡": "gpu",
    "分布式训练": "data_parallel",
    "ZeRO": "zero_stages",
    "bf16": "mixed_precision",
    "OOM": "memory_parts",
    "少样本": "few_shot",
    "context window": "context_window",
    "越狱": "prompt_injection",
    "偏见": "bias",
    "does it understand": "consciousness",
    "多模态": "multimodal",
}


@pytest.mark.parametrize("query", FIRST)
def test_what_people_type_finds_what_they_mean(query: str) -> None:
    found = search(query=query, entries=ENTRIES)
    assert found.ids[0] == FIRST[query]
    assert not found.nearest


@pytest.mark.parametrize(
    ("query", "near"),
    [
        ("attenshun", "multi_head"),
        ("transfomer", "transformer_block"),
        ("反向传插", "back_propagation"),
        ("蒸溜", "distillation"),
        ("temprature", "temperature"),
    ],
)
def test_a_slip_of_the_pen_finds_the_nearest_and_says_so(query: str, near: str) -> None:
    found = search(query=query, entries=ENTRIES)
    assert found.nearest
    assert found.ids[0] == near


@pytest.mark.parametrize("query", ["北京烤鸭", "zzzz", "🙂", "???", "<script>", "x" * 5000, "\0", "{zz}"])
def test_a_query_for_what_is_not_there_gets_the_nearest(query: str) -> None:
    found = search(query=query, entries=ENTRIES)
    assert found.nearest
    assert len(found.ids) == 3


def test_names_come_before_everyday_words_and_these_before_what_is_said() -> None:
    assert search(query="  ", entries=SMALL).ids == ("mask", "temperature", "bert")
    assert search(query="mask", entries=SMALL).ids == ["mask", "bert"]
    assert search(query="look", entries=SMALL).ids == ["mask"]
    assert search(query="tokens", entries=SMALL).ids == ["mask", "bert"]
    assert search(query="因果", entries=SMALL).ids == ["mask"]
    assert search(query="divided logits", entries=SMALL).ids == ["temperature"]


def test_a_short_word_is_no_part_of_another() -> None:
    assert "rag" not in search(query="paragraph", entries=ENTRIES).ids
    assert search(query="em", entries=SMALL).nearest


def test_what_can_be_looked_up_is_there() -> None:
    concepts = {concept.id for concept in catalog.concepts()}
    answers = lookup.answers()
    assert set(lookup.everyday()) <= concepts
    assert not concepts & set(answers)
    assert len(answers) >= 40
    for language in LANGUAGES:
        assert list(table(language, "search")["answers"]) == list(answers)
    assert {one for answer in answers.values() for one in answer.see} <= concepts
    words = [
        word
        for listed in (*lookup.everyday().values(), *(one.words for one in answers.values()))
        for word in listed
    ]
    assert all(word.strip() for word in words)


def test_the_order_of_learning_has_every_page_with_its_minutes() -> None:
    assert set(path.CHAPTERS) == set(catalog.CHAPTERS)
    assert sorted(page.stem for page in path.pages()) == sorted(page.stem for page in catalog.PAGES)
    assert [path.number(page) for page in path.pages()] == list(range(1, len(catalog.PAGES) + 1))
    assert path.pages()[0].stem == "token_splits"
    chapters = [page.chapter for page in path.pages()]
    assert chapters[-1] == "interview"
    assert chapters.index("training") > chapters.index("inside")
    assert chapters.index("inside") > chapters.index("prediction")
    assert all(5 <= path.minutes(page) <= 30 for page in catalog.PAGES)
