"""Two people saved one section: merged field by field, or asked."""

import html
import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st

from grants.applications.enums import Section
from grants.applications.forms import BudgetForm, PlacesForm, ProjectForm
from grants.applications.forms.concurrent import merge
from tests.applications.dossiers import a_complete_draft, fresh, load_parameters
from tests.factories import CommuneFactory, SchoolFactory, member_of


pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "autosave"}


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


@pytest.fixture
def draft():
    return a_complete_draft()


@pytest.fixture
def mine(client, draft) -> Client:
    client.force_login(draft.created_by)
    return client


@pytest.fixture
def theirs(draft) -> Client:
    other = Client()
    other.force_login(member_of(draft.organisation))
    return other


def url(draft, section="projet") -> str:
    return reverse("applications:section", args=[draft.uuid, section])


def opened(client, draft, section="projet") -> dict:
    """Return what a browser would post from the page as it stands."""
    page = client.get(url(draft, section))
    return posted_from(page)


def posted_from(response) -> dict:
    form = response.context["form"]
    data = form.data if form.is_bound else form.as_data()
    names = [name for name in data if name in form.fields]
    return {
        **{name: data.getlist(name) for name in names},
        "version": response.context["version"],
        "base": form.fingerprints(),
    }


def test_a_field_only_a_colleague_touched_takes_their_value_and_is_named(draft, mine, theirs):
    my_page, their_page = opened(mine, draft), opened(theirs, draft)
    theirs.post(url(draft), {**their_page, "title": "Leur titre"})
    answer = mine.post(url(draft), {**my_page, "objectives": "Mes objectifs"}, follow=True)
    assert (fresh(draft).title, fresh(draft).objectives) == ("Leur titre", "Mes objectifs")
    assert re.search(r"Repris de .+ : Intitulé du projet\.", answer.content.decode())


def test_a_field_both_touched_is_asked_and_nothing_is_saved(draft, mine, theirs):
    my_page, their_page = opened(mine, draft), opened(theirs, draft)
    changed = {"objectives": "Les leurs", "title": "Leur titre"}
    theirs.post(url(draft), {**their_page, **changed})
    answer = mine.post(url(draft), {**my_page, "objectives": "Les miens"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert fresh(draft).objectives == "Les leurs"
    assert [one.name for one in answer.context["differences"]] == ["objectives"]
    assert "Déjà repris de l’autre enregistrement" in page
    assert "par Claude Martin" in page
    assert 'value="Leur titre"' in page


def conflict(draft, mine, theirs):
    my_page, their_page = opened(mine, draft), opened(theirs, draft)
    theirs.post(url(draft), {**their_page, "objectives": "Les leurs"})
    answer = mine.post(url(draft), {**my_page, "objectives": "Les miens"})
    return posted_from(answer), answer.context["differences"][0]


def test_mine_chosen_replaces_what_was_stored(draft, mine, theirs):
    page, one = conflict(draft, mine, theirs)
    assert mine.post(url(draft), {**page, one.control: "mine"}).status_code == 302
    assert fresh(draft).objectives == "Les miens"


def test_theirs_chosen_keeps_what_was_stored(draft, mine, theirs):
    page, one = conflict(draft, mine, theirs)
    assert mine.post(url(draft), {**page, one.control: one.choice}).status_code == 302
    assert fresh(draft).objectives == "Les leurs"


def test_a_field_edited_after_the_choice_keeps_the_last_words(draft, mine, theirs):
    page, one = conflict(draft, mine, theirs)
    data = {**page, "objectives": "Les deux ensemble", one.control: one.choice}
    assert mine.post(url(draft), data).status_code == 302
    assert fresh(draft).objectives == "Les deux ensemble"


def test_a_third_save_during_the_choice_is_compared_too(draft, mine, theirs):
    page, one = conflict(draft, mine, theirs)
    again = opened(theirs, draft)
    theirs.post(url(draft), {**again, "objectives": "Encore les leurs"})
    assert mine.post(url(draft), {**page, one.control: "mine"}).status_code == 409
    assert fresh(draft).objectives == "Encore les leurs"


def test_a_choice_about_no_field_changes_nothing(draft, mine):
    page = opened(mine, draft)
    hostile = {"choice-": "theirs:", "choice-xx": 'theirs:""', "choice-title": "theirs:{"}
    assert mine.post(url(draft), {**page, **hostile}).status_code == 302
    assert fresh(draft).title == "Ateliers du soir"


@pytest.mark.parametrize("base", ["", "null", "[]", "{", "[" * 100_000, '{"title": {"a": 1}}'])
def test_fingerprints_that_are_none_ask_about_every_difference(draft, mine, theirs, base):
    my_page, their_page = opened(mine, draft), opened(theirs, draft)
    theirs.post(url(draft), {**their_page, "title": "Leur titre"})
    answer = mine.post(url(draft), {**my_page, "base": base})
    assert answer.status_code == 409
    assert fresh(draft).title == "Leur titre"


def test_keeping_the_stored_values_shows_mine_beside(draft, mine, theirs):
    page, _one = conflict(draft, mine, theirs)
    answer = mine.post(url(draft), {**page, "keep": "stored", "kept": "abcd-1.0"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "kept" not in answer.cookies, "it is not in the database"
    assert ">Les miens</textarea>" in text
    assert ">\nLes leurs</textarea>" in text
    assert fresh(draft).objectives == "Les leurs"


def test_an_automatic_save_merges_and_gives_the_values_to_put_in_place(draft, mine, theirs):
    my_page, their_page = opened(mine, draft), opened(theirs, draft)
    theirs.post(url(draft), {**their_page, "title": "Leur « titre »"})
    answer = mine.post(url(draft), {**my_page, "objectives": "Les miens"}, headers=HTMX)
    text = answer.content.decode()
    found = re.search(r'data-portal-taken="([^"]*)"', text)[1]
    assert json.loads(html.unescape(found)) == [["title", ["Leur « titre »"]]]
    assert "Repris de Claude Martin" in text
    base = html.unescape(re.search(r'name="base"\s+value="([^"]*)"', text)[1])
    version = fresh(draft).saved_sections["projet"]
    data = {**my_page, "title": "Leur « titre »", "objectives": "Encore", "base": base}
    assert mine.post(url(draft), {**data, "version": version}).status_code == 302
    assert (fresh(draft).title, fresh(draft).objectives) == ("Leur « titre »", "Encore")


def test_my_other_page_is_called_mine(draft, mine):
    one, two = opened(mine, draft), opened(mine, draft)
    mine.post(url(draft), {**one, "title": "D’un côté"})
    answer = mine.post(url(draft), {**two, "objectives": "De l’autre"}, follow=True)
    assert "Repris de votre autre page : Intitulé du projet." in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "words"), [("Élodie", "Repris d’Élodie"), ("Claude", "Repris de Claude")]
)
def test_who_saved_is_named_as_french_does(draft, mine, theirs, name, words):
    other = draft.organisation.memberships.exclude(user=draft.created_by).get().user
    type(other).objects.filter(pk=other.pk).update(first_name=name)
    my_page, their_page = opened(mine, draft), opened(theirs, draft)
    theirs.post(url(draft), {**their_page, "title": "Leur titre"})
    answer = mine.post(url(draft), {**my_page, "objectives": "Les miens"}, headers=HTMX)
    assert words in answer.content.decode()


def test_communes_ticked_by_two_people_add_up(draft, mine, theirs):
    first, second, third = (CommuneFactory() for _ in range(3))
    before = draft.places.get().commune_id
    my_page, their_page = opened(mine, draft, "lieux"), opened(theirs, draft, "lieux")
    theirs.post(url(draft, "lieux"), {**their_page, "communes": [before, first.pk, second.pk]})
    answer = mine.post(url(draft, "lieux"), {**my_page, "communes": [third.pk]})
    assert answer.status_code == 302
    found = set(draft.places.values_list("commune_id", flat=True))
    assert found == {first.pk, second.pk, third.pk}, "I unticked the first one, they added two"


def test_a_commune_ticked_by_a_colleague_comes_with_what_stands_inside(draft, mine, theirs):
    school = SchoolFactory(commune=CommuneFactory())
    my_page, their_page = opened(mine, draft, "lieux"), opened(theirs, draft, "lieux")
    there = [*their_page["communes"], school.commune_id]
    theirs.post(url(draft, "lieux"), {**their_page, "communes": there, "schools": [school.pk]})
    data = {**my_page, "whole_department": "on"}
    page = mine.post(url(draft, "lieux"), data, headers=HTMX).content.decode()
    assert f'value="{school.pk}"' in page
    assert fresh(draft).whole_department
    assert draft.places.filter(school=school).exists()


def test_words_sent_once_the_dossier_is_filed_are_shown_not_dropped(draft, mine):
    page = opened(mine, draft)
    type(draft).objects.filter(pk=draft.pk).update(
        review_state="submitted", reference="2027-9001", submitted_at=draft.created_at
    )
    data = {**page, "objectives": "Trop tard", "kept": "abcd.0"}
    answer = mine.post(url(draft), data)
    assert answer.status_code == 409
    assert "Trop tard</textarea>" in answer.content.decode()
    assert "data-portal-unsaved" in answer.content.decode(), "the browser keeps its copy"
    assert "kept" not in answer.cookies
    part = mine.post(url(draft), data, headers=HTMX)
    assert part.status_code == 409
    assert "déposé sous la référence 2027-9001" in part.content.decode()


def test_a_line_added_by_a_colleague_and_one_of_mine_both_stay(draft, mine, theirs):
    my_page, their_page = opened(mine, draft, "budget"), opened(theirs, draft, "budget")
    their_line = {"communes-0-amount": "300", "communes-0-funder": "Ville de Bagneux"}
    theirs.post(url(draft, "budget"), {**their_page, **their_line})
    my_line = {"etat-0-amount": "70", "etat-0-funder": "DDETS"}
    assert mine.post(url(draft, "budget"), {**my_page, **my_line}).status_code == 302
    rows = draft.budget_lines.exclude(funder="").values_list("funder", "planned_amount")
    assert dict(rows) == {"Ville de Bagneux": 300, "DDETS": 70}


def test_the_same_amount_written_otherwise_is_no_difference(draft):
    stored = BudgetForm(draft, on=timezone.localdate())
    data = stored.as_data()
    data["remuneration-0-amount"] = "8000,00 €"
    data["base"] = stored.fingerprints()
    found = merge(BudgetForm(draft, data, on=timezone.localdate()), stored)
    assert not found.both
    assert not found.taken


words = st.sampled_from(["", "a", "b", "c", "a b"])


@given(
    base=st.tuples(words, words, words),
    mine=st.tuples(words, words, words),
    theirs=st.tuples(words, words, words),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_merge_never_loses_what_one_of_two_typed(draft, base, mine, theirs):
    names = ("title", "objectives", "description")

    def form_of(values, data=None) -> ProjectForm:
        for name, value in zip(names, values, strict=True):
            setattr(draft, name, value)
        return ProjectForm(draft, data, on=timezone.localdate())

    began = form_of(base)
    data = began.as_data()
    data["base"] = began.fingerprints()
    for name, value in zip(names, mine, strict=True):
        data[name] = value
    stored = form_of(theirs)
    found = merge(ProjectForm(draft, data, on=timezone.localdate()), stored)
    asked = {one.name for one in found.both}
    for name, was, my, their in zip(names, base, mine, theirs, strict=True):
        both = my not in (was, their) and their != was
        assert (name in asked) == both
        if not both:
            assert found.data[name] == (their if my == was else my)


@pytest.mark.parametrize("section", [s for s in Section.values if s != Section.DOCUMENTS])
def test_an_automatic_save_costs_at_most_fifteen_queries(draft, mine, section):
    page = opened(mine, draft, section)
    with CaptureQueriesContext(connection) as queries:
        answer = mine.post(url(draft, section), page, headers=HTMX)
    assert answer.status_code == 200
    assert len(queries) <= 15, [q["sql"][:150] for q in queries]


def test_the_fingerprints_cost_no_query(draft):
    for form_class in (ProjectForm, PlacesForm, BudgetForm):
        form = form_class(draft, on=timezone.localdate())
        with CaptureQueriesContext(connection) as queries:
            form.fingerprints()
        assert not queries.captured_queries
