"""The components of the interface, as template tags (shown on /composants/).

Every argument goes by keyword; an unknown variant, icon or state raises, so that a slip shows at
once instead of drawing something odd. Tags whose name has an ``end…`` twin take a body.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from django import template
from django.conf import settings
from django.forms import BaseForm, BaseFormSet
from django.template import TemplateSyntaxError
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from config import money


register = template.Library()

TONES = {
    "neutral": "circle",
    "info": "info-circle",
    "success": "check-circle-fill",
    "warning": "exclamation-triangle-fill",
    "danger": "x-octagon-fill",
    "accent": "star-fill",
}
TASK_STATES = {
    "done": ("success", "check-circle-fill", "Complété"),
    "todo": ("warning", "pencil", "À compléter"),
    "error": ("danger", "exclamation-triangle-fill", "À corriger"),
    "locked": ("neutral", "lock", "Pas encore ouvert"),
    "optional": ("neutral", "circle", "Facultatif"),
}
STEP_STATES = ("done", "current", "todo")
FILE_ICONS = {
    "pdf": "file-earmark-pdf",
    "docx": "file-earmark-word",
    "doc": "file-earmark-word",
    "odt": "file-earmark-word",
    "xlsx": "file-earmark-spreadsheet",
    "ods": "file-earmark-spreadsheet",
    "csv": "file-earmark-spreadsheet",
    "jpg": "file-earmark-image",
    "jpeg": "file-earmark-image",
    "png": "file-earmark-image",
    "zip": "file-earmark-zip",
}
_ICON_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def _check(value: object, allowed: Iterable, what: str) -> None:
    if value not in allowed:
        raise TemplateSyntaxError(
            f"Unknown {what}: {value!r} (one of {', '.join(map(str, allowed))})."
        )


def _component(file: str, /, **context) -> SafeString:
    return render_to_string(f"components/{file}.html", context)


# --- Icons and words ----------------------------------------------------------------------------
@lru_cache(maxsize=256)
def _icon_body(name: str) -> str:
    path = settings.ICONS_FOLDER / f"{name}.svg"
    if not _ICON_NAME.fullmatch(name) or not path.exists():
        raise TemplateSyntaxError(f"Unknown icon: {name!r}.")
    return " ".join(_SVG_BODY.search(path.read_text(encoding="utf-8"))[1].split())


@register.simple_tag
@lru_cache(maxsize=256)
def ui_icon(name: str) -> SafeString:
    """Draw a Bootstrap icon, hidden from assistive technologies: words always stand beside it."""
    return format_html(
        '<svg class="c-icon" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true" '
        'focusable="false">{}</svg>',
        mark_safe(_icon_body(name)),  # noqa: S308  (read from the icon package)
    )


@register.simple_tag
def ui_drawings(*, icons: Iterable[str]) -> SafeString:
    """Draw icons once, unseen, for the badges of a list that name them (``is_drawn``)."""
    symbols = format_html_join(
        "",
        '<symbol id="icon-{}" viewBox="0 0 16 16">{}</symbol>',
        ((name, mark_safe(_icon_body(name))) for name in icons),  # noqa: S308
    )
    return format_html('<svg hidden aria-hidden="true">{}</svg>', symbols)


@lru_cache(maxsize=256)
def _drawn_icon(name: str) -> SafeString:
    return format_html(
        '<svg class="c-icon" fill="currentColor" aria-hidden="true"><use href="#icon-{}"/></svg>',
        name,
    )


@register.simple_tag
def ui_badge(
    *, label: str, tone: str = "neutral", icon: str = "", is_drawn: bool = False
) -> SafeString:
    """Show a state in colour, icon and words.

    Args:
        label: Its words.
        tone: Its colour.
        icon: Its icon, that of the tone by default.
        is_drawn: ``ui_drawings`` drew the icon already: the badge names it, a long list is lighter.
    """
    _check(tone, TONES, "tone")
    draw = _drawn_icon if is_drawn else ui_icon
    return format_html(
        '<span class="c-badge c-badge--{}">{}<span>{}</span></span>',
        tone,
        draw(icon or TONES[tone]),
        label,
    )


@register.simple_tag
def ui_url_or_none(name: str, *args, **kwargs) -> str | None:
    """Return an address, or ``None`` while no app provides it (never a dead link)."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return None


# --- Blocks -------------------------------------------------------------------------------------
@register.simple_block_tag
def ui_alert(content: str, *, tone: str = "info", title: str = "", icon: str = "") -> SafeString:
    """Frame something to know. A refusal (``danger``) is announced at once by screen readers."""
    _check(tone, TONES, "tone")
    return _component("alert", content=content, tone=tone, title=title, icon=icon or TONES[tone])


@register.simple_block_tag
def ui_card(
    content: str, *, title: str = "", level: int = 2, icon: str = "", id: str = "", tone: str = ""
) -> SafeString:
    """A white card with a heading."""
    _check(level, (2, 3, 4), "heading level")
    _check(tone, ("", "quiet", "accent"), "card tone")
    return _component(
        "card", content=content, title=title, level=level, icon=icon, id=id, tone=tone
    )


@register.simple_block_tag
def ui_box(content: str, *, title: str, level: int = 2, icon: str = "") -> SafeString:
    """The side box of a page: what to do next, stays in view while scrolling."""
    _check(level, (2, 3, 4), "heading level")
    return _component("box", content=content, title=title, level=level, icon=icon)


@register.simple_block_tag
def ui_breadcrumb(content: str, *, current: str) -> SafeString:
    """The way here: the body holds ``<li><a>`` elements, « Accueil » comes first by itself."""
    return _component("breadcrumb", content=content, current=current)


@register.simple_tag
def ui_empty_state(
    *, title: str, text: str = "", action_url: str = "", action_label: str = "", icon: str = "inbox"
) -> SafeString:
    """Say that there is nothing here, and what to do next."""
    return _component(
        "empty_state",
        title=title,
        text=text,
        action_url=action_url or "",
        action_label=action_label,
        icon=icon,
    )


# --- Stories and steps --------------------------------------------------------------------------
@register.simple_tag
def ui_timeline(*, entries: Sequence, label: str = "Historique") -> SafeString:
    """Tell a story, newest first.

    Args:
        entries: Dicts (or objects) with ``when`` and ``title``, and maybe ``who``, ``text``,
            ``tone``.
        label: Name of the list for assistive technologies.
    """
    keys = {"when": None, "title": "", "who": "", "text": "", "tone": "neutral"}
    rows = [_picked(entry, keys) for entry in entries]
    for row in rows:
        _check(row["tone"], TONES, "tone")
        row["is_instant"] = isinstance(row["when"], datetime)
    return _component("timeline", entries=rows, label=label)


@register.simple_tag
def ui_stepper(*, items: Sequence, label: str = "Étapes") -> SafeString:
    """Show where one stands: items with ``label``, ``state`` (done, current, todo), ``url``."""
    rows = [_picked(item, {"label": "", "state": "todo", "url": ""}) for item in items]
    for row in rows:
        _check(row["state"], STEP_STATES, "step state")
    current = next((i for i, row in enumerate(rows, 1) if row["state"] == "current"), None)
    return _component("stepper", items=rows, label=label, current=current, total=len(rows))


@register.simple_tag
def ui_task_list(*, items: Sequence) -> SafeString:
    """List sections to fill: items with ``label``, ``url``, ``state``, maybe ``hint``, ``status``.

    The state is one of done, todo, error, locked, optional; ``status`` replaces its words.
    """
    rows = [
        _picked(item, {"label": "", "url": "", "state": "todo", "hint": "", "status": ""})
        for item in items
    ]
    for row in rows:
        _check(row["state"], TASK_STATES, "task state")
        row["tone"], row["icon"], words = TASK_STATES[row["state"]]
        row["status"] = row["status"] or words
    return _component("task_list", items=rows)


def _picked(item: object, defaults: dict) -> dict:
    """Read the same names from a dict or an object, with defaults for what is absent."""
    if isinstance(item, dict):
        return {key: item.get(key, default) for key, default in defaults.items()}
    return {key: getattr(item, key, default) for key, default in defaults.items()}


# --- Files and figures --------------------------------------------------------------------------
@register.simple_tag
def ui_file_card(
    *,
    name: str,
    url: str = "",
    size: int | None = None,
    when: datetime | None = None,
    detail: str = "",
    tone: str = "neutral",
    status: str = "",
) -> SafeString:
    """A file with its type, weight, date and state; without ``url`` it cannot be opened yet."""
    _check(tone, TONES, "tone")
    extension = name.rpartition(".")[2].lower()
    return _component(
        "file_card",
        name=name,
        url=url or "",
        kind=extension.upper() if extension in FILE_ICONS else "",
        size=file_size(size),
        when=when,
        detail=detail,
        tone=tone,
        status=status,
        icon=FILE_ICONS.get(extension, "file-earmark"),
    )


def file_size(size: int | None) -> str:
    """Write a weight the French way: « 640 Ko », « 2,4 Mo » (powers of 1024)."""
    if size is None:
        return ""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))}{money.NBSP}Ko"
    weight = money.group(Decimal(size) / (1024 * 1024), 1).removesuffix(",0")
    return f"{weight}{money.NBSP}Mo"


@register.simple_tag
def ui_progress(*, value: int, max: int = 100, label: str) -> SafeString:
    """A progress bar with its words."""
    return _component("progress", value=min(value, max), max=max, label=label)


@register.simple_tag
def ui_key_figures(*, items: Sequence) -> SafeString:
    """Big figures in a row: items with ``value``, ``label``, maybe ``hint`` and ``url``."""
    rows = [_picked(item, {"value": "", "label": "", "hint": "", "url": ""}) for item in items]
    return _component("key_figures", items=rows)


@register.simple_tag
def ui_definition_list(*, items: Sequence) -> SafeString:
    """Facts: pairs (term, description); an empty description shows « sans réponse »."""
    return _component("definition_list", items=list(items))


@register.simple_tag
def ui_money_bar(
    *, committed: Decimal, total: Decimal, label: str, proposed: Decimal = Decimal(0)
) -> SafeString:
    """Show how far an envelope is used: committed, maybe proposed on top, remaining in words."""
    parts = [_share(committed, total), _share(committed + proposed, total)]
    return _component(
        "money_bar",
        label=label,
        committed=committed,
        proposed=proposed,
        total=total,
        remaining=total - committed - proposed,
        excess=committed + proposed - total,
        exceeded=committed + proposed > total,
        committed_width=f"{parts[0]:.2f}",
        proposed_width=f"{parts[1] - parts[0]:.2f}",
        proposed_from=f"{parts[0]:.2f}",
    )


def _share(part: Decimal, total: Decimal) -> Decimal:
    if total <= 0:
        return Decimal(100) if part > 0 else Decimal(0)
    return max(Decimal(0), min(Decimal(100), Decimal(part) * 100 / Decimal(total)))


# --- Forms --------------------------------------------------------------------------------------
@register.simple_tag
def ui_error_summary(
    *,
    form: BaseForm | BaseFormSet | None = None,
    forms: Sequence[BaseForm | BaseFormSet] = (),
    errors: Sequence = (),
    title: str = "",
) -> SafeString:
    """List what must be corrected, on top of the page, with links to the fields.

    Args:
        form: A form or a formset; shows nothing while it is valid or was not sent.
        forms: Several of them on one page.
        errors: Other refusals: sentences, or pairs (sentence, ``#id`` or address).
        title: Replaces « Corrigez … ».
    """
    rows = []
    for one in [*([form] if form is not None else []), *forms]:
        rows += _form_errors(one)
    for error in errors:
        text, link = (error, "") if isinstance(error, str) else error
        rows.append({"label": "", "text": text, "link": link})
    if not rows:
        return SafeString("")
    return _component("error_summary", rows=rows, title=title, count=len(rows))


def _form_errors(form: BaseForm | BaseFormSet) -> list[dict]:
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        rows = [{"label": "", "text": text, "link": ""} for text in form.non_form_errors()]
        for one in form.forms:
            rows += _form_errors(one)
        return rows
    rows = []
    for name, messages in form.errors.items():
        field = form[name] if name in form.fields else None
        label = str(field.label).rstrip(" \u00a0?:") if field is not None else ""
        link = f"#{_focusable_id(field)}" if field is not None else ""
        rows += [{"label": label, "text": text, "link": link} for text in messages]
    return rows


def _focusable_id(field) -> str:
    """Return the id of the first control: groups of radios and boxes number theirs."""
    return field.id_for_label or f"{field.auto_id}_0"


@register.simple_tag
def ui_required_note() -> SafeString:
    """Say what the star means (once, on top of a form)."""
    return mark_safe(
        '<p class="c-required-note">Les champs marqués d’un astérisque '
        '(<span class="asteriskField">*</span>) sont obligatoires.</p>'
    )


@register.simple_tag
def ui_print_button(*, label: str = "Imprimer cette page") -> SafeString:
    """Print the page; hidden without script (the browser's own menu prints as well)."""
    return format_html(
        '<button type="button" class="btn btn-outline-primary c-needs-script" data-portal-print>'
        "{}<span>{}</span></button>",
        ui_icon("printer"),
        label,
    )


# --- Lists (config.listing) ---------------------------------------------------------------------
@register.simple_tag
def ui_sort_header(*, listing, key: str, label: str, align: str = "start") -> SafeString:
    """A column header that sorts: a link, so that it works without script."""
    _check(align, ("start", "end"), "alignment")
    direction = listing.direction(key)
    icons = {"ascending": "caret-up-fill", "descending": "caret-down-fill", "": "chevron-expand"}
    return format_html(
        '<th scope="col"{}{}><a class="c-sort" href="{}">{}{}</a></th>',
        mark_safe(f' aria-sort="{direction}"') if direction else "",  # noqa: S308
        mark_safe(' class="text-end"') if align == "end" else "",
        listing.sort_url(key),
        label,
        ui_icon(icons[direction]),
    )


@register.simple_tag
def ui_pagination(*, listing) -> SafeString:
    """Pages and rows per page of a :class:`config.listing.ListPage`."""
    return _component("pagination", listing=listing)


@register.simple_tag
def ui_filter_tags(*, listing) -> SafeString:
    """The active filters, each with a link that takes it away."""
    return _component("filter_tags", listing=listing)


@register.simple_block_tag(takes_context=True)
def ui_filters(context, content: str, *, listing, title: str = "Filtrer") -> SafeString:
    """The filter form of a list: beside it on a wide screen, folded above it on a small one.

    The body goes under the fields (hidden inputs, help). Works with GET, without script.
    """
    return _component("filters", content=content, listing=listing, title=title)
