"""What the pages say of models: titles, and which a page's list offers."""

from __future__ import annotations

from core.errors import GlassboxError
from core.models import specs
from pages.kit.frame import Opened


def title(model: str) -> str:
    """A model's title, or its id where it is not known."""
    try:
        return specs.find(model).title
    except GlassboxError:
        return model


def name(page: Opened, id: str) -> str:
    """A model's title and, where it does not come with the app, its source."""
    try:
        spec = specs.find(id)
    except GlassboxError:  # any id of a link may stand here; the page below says what is wrong with it
        return id
    return spec.title if spec.source == "bundled" else f"{spec.title} · {page.words(f'source.{spec.source}')}"


def offered(stem: str, current: str) -> list[str]:
    """What a page's list offers: the models that it can show and visitors may have, and what the link names besides."""
    folders = (spec.id for spec in specs.folder_specs())
    listed = [spec.id for spec in specs.REGISTRY if spec.offered_on(stem) and specs.is_allowed(spec)]
    return list(dict.fromkeys((*listed, *folders, current)))


def decoders(stem: str) -> dict[str, str]:
    """Models that read from left to right, by id with their titles, of those that a page offers."""
    return {
        spec.id: spec.title
        for spec in specs.REGISTRY
        if spec.kind == "decoder" and spec.offered_on(stem) and specs.is_allowed(spec)
    }
