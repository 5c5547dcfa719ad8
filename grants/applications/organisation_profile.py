"""The profile of the body that asks: as it stands, and as it stood when a dossier was filed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef

from partners.enums import RepresentativeRole
from partners.hub import Card, Viewer, hub_cards
from partners.models import Approval, HumanMeans, Organisation, Representative, YearAccounts
from partners.profile_words import MEANS_FIELDS
from partners.selectors import Profile
from partners.services.profile import ACCOUNTS_FIELDS, AFFILIATION_FIELDS


if TYPE_CHECKING:
    from django.db.models import Model

SHOWN = ("identite", "representants", "moyens", "affiliations", "comptes")
_ORGANISATION = (
    "kind",
    "legal_name",
    "short_name",
    "siret",
    "siren",
    "identifier_state",
    "rna",
    "address",
    "postal_code",
    "city",
    "email",
    "phone",
    "website",
    "purpose",
    "correspondence_address",
    "local_registry",
    *AFFILIATION_FIELDS,
)
_REPRESENTATIVE = ("role", "name", "function", "email", "phone")
_APPROVAL = ("kind", "given_by", "given_on")
_MEANS = ("year", *MEANS_FIELDS)
_ACCOUNTS = ("year", *ACCOUNTS_FIELDS)


def profile_data(profile: Profile) -> dict[str, Any]:
    """Return a profile as JSON values; bank details and documents stay where they are kept."""
    return {
        "identity": _values(profile.organisation, _ORGANISATION),
        "representatives": [_values(one, _REPRESENTATIVE) for one in profile.representatives],
        "human_means": _values(profile.human_means, _MEANS),
        "approvals": [_values(one, _APPROVAL) for one in profile.approvals],
        "accounts": _values(profile.accounts, _ACCOUNTS),
    }


def profile_from(data: dict[str, Any]) -> Profile:
    """Return what :func:`profile_data` was given, as rows in memory that are never saved."""
    means, accounts = data["human_means"], data["accounts"]
    return Profile(
        organisation=body_from(data["identity"]),
        representatives=[_row(Representative, one) for one in data["representatives"]],
        human_means=_row(HumanMeans, means) if means else None,
        approvals=[_row(Approval, one) for one in data["approvals"]],
        accounts=_row(YearAccounts, accounts) if accounts else None,
        bank=None,
        documents=[],
    )


def body_from(data: dict[str, Any]) -> Organisation:
    """Return a body as a deposit named it, in memory, never saved."""
    return _row(Organisation, {name: data[name] for name in _ORGANISATION if name in data})


def profile_cards(profile: Profile, *, on: date) -> list[Card]:
    """Return what a dossier shows of a body: who it is, its people, its accounts.

    Args:
        profile: As it stands (``partners.selectors.profile_of``) or as it stood.
        on: The day against which figures are recent or old.
    """
    cards = hub_cards(
        profile,
        flags=(),
        members=(),
        pending=(),
        consent=None,
        viewer=Viewer(reads_bank=False),
        on=on,
    )
    return [card for card in cards if card.slug in SHOWN]


def profile_gaps(organisation: Organisation) -> list[str]:
    """Name what a body's profile lacks for a request, in words that follow « il manque ».

    One query. A private body is asked its people and its accounts, a public one is not.
    """
    rows = Organisation.objects.filter(pk=organisation.pk)
    legal, means, accounts = rows.values_list(
        Exists(
            Representative.objects.filter(
                organisation=OuterRef("pk"), role=RepresentativeRole.LEGAL
            )
        ),
        Exists(HumanMeans.objects.filter(organisation=OuterRef("pk"))),
        Exists(YearAccounts.objects.filter(organisation=OuterRef("pk"))),
    ).get()
    private = organisation.is_private_body
    found = (
        (not organisation.siret, "le numéro SIRET"),
        (not (organisation.address and organisation.city), "l’adresse du siège"),
        (not legal, "le représentant légal"),
        (private and not means, "les effectifs"),
        (private and not accounts, "les comptes du dernier exercice"),
    )
    return [words for lacks, words in found if lacks]


def _values(row: Model | None, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names} if row is not None else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _row(model: type[Model], values: dict[str, Any]) -> Any:
    fields = {field.name: field for field in model._meta.concrete_fields}
    return model(
        **{name: fields[name].to_python(raw) for name, raw in values.items() if name in fields}
    )
