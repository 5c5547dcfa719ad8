"""Who settles between two readings too far apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.models import User
from grants.applications.enums import ReviewState
from grants.review.enums import THIRD
from grants.review.permissions import people_recused_from
from grants.review.selectors import desk_people


if TYPE_CHECKING:
    from grants.applications.models import Application


class ThirdReaderForm(forms.Form):
    """Names the third reader: it posts what the form of readers of the summary tab takes."""

    prefix = "lecteur"
    person = forms.ModelChoiceField(
        label="Troisième lecture", queryset=User.objects.none(), empty_label="Choisir…"
    )
    rank = forms.IntegerField(widget=forms.HiddenInput, initial=THIRD)
    seen_3 = forms.IntegerField(widget=forms.HiddenInput, initial=0)  # shown when there is none

    def __init__(self, *args, application: Application, by: User, on: date, **kwargs) -> None:
        """Offer the desk, without those who read it, stand aside, or ask: they read the scores."""
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = (
            desk_people(on)
            .exclude(pk=by.pk)
            .exclude(pk__in=application.reviews.values("reviewer"))
            .exclude(people_recused_from(application))
        )
        self.fields["person"].widget.attrs["class"] = "form-select"


@dataclass(frozen=True)
class ThirdReading:
    """Where the third reading stands.

    Attributes:
        reader: Who is named, if anybody.
        form: To name somebody, for who may.
    """

    reader: User | None
    form: ThirdReaderForm | None


def third_reading(
    user: User, application: Application, context: dict[str, Any]
) -> ThirdReading | None:
    """Return where the third reading stands, ``None`` when none is asked for or to be shown.

    Args:
        user: Who looks.
        application: Their dossier.
        context: Of :func:`grants.review.views.frame.page_context`.
    """
    score = context["score_sheet"].score
    if score is None or not score.needs_third:
        return None
    if application.review_state != ReviewState.UNDER_REVIEW:
        return None
    names = context["may_act"] and user.access.is_unit_head
    reader = next((one.person for one in context["readers"] if one.rank == THIRD), None)
    form = None
    if names and reader is None:
        form = ThirdReaderForm(application=application, by=user, on=context["today"])
    return ThirdReading(reader, form)
