"""The engine: what it serves, what it refuses, what it promises of a file."""

import http.server
import io
import threading

import pytest
from pypdf import PdfReader

from foundation.documents.pdf import (
    FetchRefusedError,
    MarkupError,
    PdfNotValidError,
    printable,
    render_html_pdf,
)
from foundation.documents.pdf.engine import check_pdf
from foundation.documents.pdf.printable import ONE, SEVERAL
from tests.documents.samples import picture


CANARY = "CANARI-SECRET-DU-SERVEUR"


def page(body: str, head: str = "", title: str = "Essai", lang: str = ' lang="fr"') -> str:
    return (
        f"<!DOCTYPE html><html{lang}><head><title>{title}</title>{head}</head>"
        f"<body><h1>Titre</h1>{body}</body></html>"
    )


def render(body: str = "<p>Bonjour</p>", **parts) -> bytes:
    return render_html_pdf(page(body, **parts), identifier="essai")


def text_of(content: bytes) -> str:
    return "\n".join(p.extract_text() for p in PdfReader(io.BytesIO(content)).pages)


# --- SSRF: the fourteen ways in -------------------------------------------------------------------
class Listener(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CANARY.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def listener():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(CANARY)
    return path


VECTORS = {
    "link attachment": '<link rel="attachment" href="{file}">',
    "a attachment": '<p><a rel="attachment" href="{file}">lien</a></p>',
    "img": '<p><img src="{url}/img" alt="x"></p>',
    "css import": '<style>@import url("{url}/import.css");</style>',
    "css background": '<p style="background: url({url}/fond.png)">x</p>',
    "font-face": '<style>@font-face {{ font-family: f; src: url("{url}/f.woff2"); }} '
    "p {{ font-family: f; }}</style><p>x</p>",
    "link style sheet": '<link rel="stylesheet" href="{url}/feuille.css">',
    "svg image": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title>'
    '<image href="{url}/svg.png" width="9" height="9"/></svg>',
    "svg use": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>x</title>'
    '<use href="{url}/use.svg#a"/></svg>',
    "object": '<object data="{url}/objet.png">x</object>',
    "embed": '<embed src="{url}/embed.png">',
    "base": '<base href="{url}/"><p><img src="relatif.png" alt="x"></p>',
    "data svg": '<p><img alt="x" src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg'
    '%22%3E%3Cimage href=%22{url}/data.png%22/%3E%3C/svg%3E"></p>',
    "file img": '<p><img src="{file}" alt="x"></p>',
}


# WeasyPrint itself does not follow these two.
IGNORED = {"svg use", "svg image"}


def vector(name: str, listener, secret) -> str:
    url = f"http://127.0.0.1:{listener.server_address[1]}"
    return VECTORS[name].format(url=url, file=secret.as_uri())


def assert_nothing_leaked(content: bytes, listener) -> None:
    assert not listener.asked
    assert CANARY not in text_of(content)
    assert not PdfReader(io.BytesIO(content)).attachments


@pytest.mark.parametrize("name", VECTORS)
def test_injected_html_reaches_neither_network_nor_disk(name, listener, secret):
    body = vector(name, listener, secret)
    try:
        content = render(body)
    except (FetchRefusedError, MarkupError):
        assert not listener.asked
    else:
        assert_nothing_leaked(content, listener)


@pytest.mark.parametrize("name", VECTORS)
def test_the_fetcher_alone_refuses_every_vector(name, listener, secret, monkeypatch):
    """Without the markup checks, the fetcher still stops the rendering or fetches nothing."""
    monkeypatch.setattr("foundation.documents.pdf.engine.check_markup", lambda root: None)
    monkeypatch.setattr("foundation.documents.pdf.engine.check_pdf", lambda content: None)
    try:
        content = render(vector(name, listener, secret))
    except FetchRefusedError:
        assert not listener.asked
    else:
        assert name in IGNORED
        assert_nothing_leaked(content, listener)


@pytest.mark.parametrize(
    "address",
    [
        "maillage:../config/settings/base.py",
        "maillage:css/../../manage.py",
        "maillage:css/%2e%2e/pdf.css",
        "maillage:js/portal.js",
        "maillage:picture/autre.svg",
        "maillage://127.0.0.1/css/pdf.css",
        "MAILLAGE:css/pdf.css",
        "data:image/png;base64,AAAA",
        "ftp://127.0.0.1/a",
    ],
)
def test_only_our_own_static_files_are_served(address):
    with pytest.raises(FetchRefusedError):
        render(f'<p><img src="{address}" alt="x"></p>')


# --- What the HTML must hold ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"lang": ""}, "no language"),
        ({"title": " "}, "no title"),
        ({"body": "<h3>Saut</h3>"}, "h3 follows h1"),
        ({"body": "<h1>Deux</h1>"}, "one h1"),
        ({"body": "<table><tr><td>1</td></tr></table>"}, "no header cell"),
        ({"body": '<p><a href="https://a.example"></a></p>'}, "no words"),
        ({"body": '<p><img src="maillage:img/logo.svg" alt=""></p>'}, "no alternative"),
        ({"body": "<form><input></form>"}, "no <form>"),
        ({"body": "<script>1</script>"}, "no <script>"),
    ],
)
def test_markup_that_misleads_a_screen_reader_is_refused(parts, message):
    with pytest.raises(MarkupError, match=message):
        render(**parts)


# --- What the file promises -----------------------------------------------------------------------
def test_a_file_is_tagged_titled_in_french_and_declares_both_standards():
    content = render("<p>Été, œuvre, 1 200 €</p>", title="Lettre d’essai")
    reader = PdfReader(io.BytesIO(content))
    assert "Été, œuvre, 1 200 €" in text_of(content)
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "Lettre d’essai"
    assert b'pdfuaid:part="1"' in content
    assert b'pdfaid:part="2"' in content
    assert content.count(b"<rdf:RDF") == 1


def test_a_table_and_a_picture_are_valid():
    rows = "".join(
        f'<tr><th scope="row">Ligne {n}</th><td class="number">{n} €</td></tr>' for n in range(80)
    )
    head = '<thead><tr><th scope="col">Poste</th><th scope="col">Montant</th></tr></thead>'
    body = f"<table><caption>Budget</caption>{head}<tbody>{rows}</tbody></table>"
    body += '<p><img src="maillage:picture/photo.png" alt="Une photo"></p>'
    content = render_html_pdf(page(body), identifier="a", pictures={"photo.png": picture("PNG")})
    assert len(PdfReader(io.BytesIO(content)).pages) >= 2


def test_a_picture_is_known_to_its_own_document_only():
    body = '<p><img src="maillage:picture/photo.png" alt="Une photo"></p>'
    render_html_pdf(page(body), identifier="a", pictures={"photo.png": picture("PNG")})
    with pytest.raises(FetchRefusedError):
        render_html_pdf(page(body), identifier="b")


def test_a_second_rendering_gives_the_same_bytes():
    assert render("<p>a</p>") == render("<p>a</p>")
    assert render("<p>a</p>") != render("<p>b</p>")


def test_data_that_ends_with_a_carriage_return_keeps_its_length():
    """The digest of this very picture ends its stream with the byte 13."""
    body = '<p><img src="maillage:picture/photo.png" alt="Une photo"></p>'
    content = render_html_pdf(page(body), identifier="a", pictures={"photo.png": picture("PNG")})
    assert b"\r\r\nendstream" in content


def test_an_invalid_file_names_the_rules_that_fail():
    content = render().replace(b'pdfuaid:part="1"', b'pdfuaid:part="9"')
    with pytest.raises(PdfNotValidError) as caught:
        check_pdf(content)
    assert all(failure.startswith(("ua1 ", "2a ")) for failure in caught.value.failures)


# --- Characters -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Été à l’œuvre, « 12 € » – …", "Été à l’œuvre, « 12 € » – …"),
        ("Łukasz Dvořák Şükrü", "Łukasz Dvořák Şükrü"),
        ("1\u202f200\u00a0€", "1\u00a0200\u00a0€"),
        ("non\u2011sécable → suite", "non-sécable -> suite"),
        ("Fête 😀", f"Fête {ONE}"),
        ("Famille 👨‍👩‍👧 ici", f"Famille {SEVERAL} ici"),
        ("你好 世界 !", f"{SEVERAL} !"),
        ("جمعية الأمل", SEVERAL),
        ("a\u202eb\u200bc\ufeffd\x07e", "abcde"),
        ("e\u0301te\u0301", "été"),
        ("plain\x07 text", "plain text"),
        ("ligne\nligne\tfin", "ligne\nligne\tfin"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_words(typed, printed):
    assert printable(typed) == printed


@pytest.mark.parametrize("typed", ["😀", "你好", "שלום", "\u0301seul", "\U0010ffff", "\ue000"])
def test_hostile_characters_never_make_an_invalid_file(typed):
    content = render(f'<p>{typed}</p><ul><li>{typed}</li></ul><p lang="fr">a{typed}b</p>')
    assert "�" not in text_of(content)
