"""Receipts as bytes: what each part of a document becomes, and that nothing is said twice."""

import logging

import pytest
from msgspec import structs

from hardware.escpos import PROFILES, encode, pieces
from hardware.virtual_paper import Interpreter
from pos_app.loyalty.paper import (
    Align,
    Barcode,
    Cut,
    Divider,
    Document,
    Feed,
    Language,
    OpenDrawer,
    Pair,
    Part,
    Qr,
    Text,
)

EPSON = PROFILES["epson-tm-t20"]
NARROW = PROFILES["generic-58"]
START = b"\x1b@\x1bt\x2e"
START_NARROW = b"\x1b@\x1c.\x1bt\x2e"


def body(*parts: Part, code_page: str | None = None) -> bytes:
    """The bytes of parts on the wide paper, without the beginning."""
    data = encode(parts, EPSON, code_page=code_page)
    assert data[:4] == START[:4]
    return data[len(START) :]


def narrow_lines(*parts: Part) -> list[str]:
    """The lines of parts on the narrow paper."""
    data = encode(parts, NARROW)
    assert data.startswith(START_NARROW)
    return data[len(START_NARROW) :].decode("cp1251").splitlines()


def test_begins_with_one_reset_and_one_code_page() -> None:
    assert encode((), EPSON) == START
    assert encode((), NARROW) == START_NARROW
    assert encode((), EPSON, code_page="cp866") == b"\x1b@\x1bt\x11"
    assert encode((), EPSON, language="en") == START
    assert encode((), EPSON, language="xx") == START


def test_each_piece_puts_one_thing_on_paper() -> None:
    document = (OpenDrawer(), Text("хляб " * 9), Feed(2), Barcode("EAN13", "5901234123457"), Cut(), OpenDrawer())

    sent = pieces(document, NARROW)

    assert b"".join(sent) == encode(document, NARROW)
    assert [piece.count(b"\n") for piece in sent] == [1, 1, 2, 0, 0]
    assert sent[0].startswith(START_NARROW + b"\x1bp")
    assert sent[-1].endswith(b"\x19\xfa")
    assert pieces((), EPSON) == (START,)


def test_each_language_is_in_its_own_page() -> None:
    document = (Text("хляб"), Language("sl"), Text("kruh čšž"), Language("en"), Language("bg"), Text("сол"), Cut())
    sent = pieces(document, EPSON, code_page="cp866")
    assert sent == (
        *pieces((Text("хляб"),), EPSON, code_page="cp866"),
        *pieces((Text("kruh čšž"),), EPSON, language="sl"),
        *pieces((Text("сол"), Cut()), EPSON, code_page="cp866"),
    )
    assert "kruh čšž".encode("cp1250") in b"".join(sent)


def test_refuses_a_code_page_that_the_printer_lacks() -> None:
    with pytest.raises(ValueError, match="'epson-tm-t20' has no code page 'cp1253'; it has cp1251, cp866"):
        encode((), EPSON, code_page="cp1253")


@pytest.mark.parametrize(
    ("text", "cp1251", "cp866"),
    [
        ("Хляб", b"\xd5\xeb\xff\xe1", b"\x95\xab\xef\xa1"),
        ("1,20 €", b"1,20 \x88", b"1,20 EUR"),
        ("№ 7", b"\xb9 7", b"\xfc 7"),
        ("„Верея“", b"\x84\xc2\xe5\xf0\xe5\xff\x93", b'"\x82\xa5\xe0\xa5\xef"'),
        ("‘а’", b"\x91\xe0\x92", b"'\xa0'"),
        ("2–3 — …", b"2\x963 \x97 \x85", b"2-3 - ..."),
        ("\u22125", b"-5", b"-5"),
        ("2 × 3", b"2 x 3", b"2 x 3"),
        ("1\u202f234\u00a0567\u2009890", b"1 234 567 890", b"1 234 567 890"),
        ("ѝ Ѝ", b"\xe9 \xc9", b"\xa9 \x89"),
        ("и\u0306 Й", b"\xe9 \xc9", b"\xa9 \x89"),
        ("ло\u00adвен\u200bци\ufeff", "ловенци".encode("cp1251"), "ловенци".encode("cp866")),
        ("a\tb\r\nc\u2028d", b"a b  c d", b"a b  c d"),
    ],
)
def test_sets_every_sign_of_bulgarian_and_loses_none(
    text: str, cp1251: bytes, cp866: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert body(Text(text)) == cp1251 + b"\n"
    assert body(Text(text), code_page="cp866") == cp866 + b"\n"
    assert not caplog.records


def test_sets_every_sign_of_slovenian_in_its_own_page(caplog: pytest.LogCaptureFixture) -> None:
    text = "ČŠŽĆĐ čšžćđ „“–… 1.234,50 €"
    sent = encode((Text(text),), EPSON, language="sl")
    assert sent == b"\x1b@\x1bt\x2d" + text.encode("cp1250") + b"\n"
    assert body(Text("№ 7, ½ m²"), code_page="cp1250") == b"No 7, 1/2 m2\n"
    assert body(Text(text), code_page="cp852") == 'ČŠŽĆĐ čšžćđ ""-... 1.234,50 EUR'.encode("cp852") + b"\n"
    assert not caplog.records


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("چای لاهیجان ۵۰۰ گرم، ٪۵", "chay lahyjan 500 grm, %5"),
        ("پنیر ۱٬۲۳۴٫۵؟", "pnyr 1,234.5?"),
        ("آش رشته؛ نان", "ash rshth; nan"),
        ("می\u200cشود \u2068Milk\u2069 ٤٥", "myshvd Milk 45"),
    ],
)
def test_spells_persian_in_latin_letters(text: str, printed: str, caplog: pytest.LogCaptureFixture) -> None:
    """No page has its letters joined; what is sent can be read, and the log says that it is not what was written."""
    caplog.set_level(logging.INFO)
    for code_page in ("cp1251", "cp866", "cp1250", "cp852"):
        assert body(Text(text), code_page=code_page) == printed.encode("ascii") + b"\n"
    assert len(caplog.records) == 4


def test_every_letter_of_persian_is_spelt() -> None:
    letters = "اآبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءأؤئۀ"
    assert b"?" not in body(Text(letters))


def test_says_which_languages_it_sets() -> None:
    for profile in PROFILES.values():
        assert [language for language in ("bg", "en", "sl", "xx") if profile.sets(language)] == ["bg", "en", "sl"]
        assert profile.sets("fa") == profile.has_drawn("fa") == profile.draws
        assert not structs.replace(profile, draws=False).sets("fa")


def test_names_what_it_could_not_set(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert body(Text("Žižek 漢 漢"), Pair("а\u0301", "\ud800")) == (b"Zizek ? ?\n" + b"\xe0".ljust(47) + b"?\n")
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage().startswith("not in code page cp1251, printed otherwise: ")
    for code in (r"\u017d", r"\u017e", r"\u6f22", r"\u0301", r"\ud800"):
        assert record.getMessage().count(code) == 1


@pytest.mark.parametrize("control", [*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0)])
def test_control_characters_become_question_marks(control: int) -> None:
    assert body(Text(f"a{chr(control)}p")) == b"a?p\n"
    assert b"0a?p" in body(Qr(f"a{chr(control)}p"))


def test_a_name_cannot_cut_paper_or_open_the_drawer() -> None:
    name = "Хляб\x1bp\x00\x19\xfa\x1dV\x00\x10\x14\x01\x00\x01\x1b@"
    for part in (Text(name), Pair(name, name), Barcode("CODE128", name), Barcode("EAN13", name)):
        paper = Interpreter(48)
        data = encode((part,), EPSON)
        while data:
            data = data[paper.step(data) :]
        assert {row.kind for row in paper.rows} == {"text"}


def test_wraps_by_words_and_breaks_only_what_is_longer_than_the_paper() -> None:
    assert narrow_lines(Text("Кисело мляко от краве мляко 3,6% в буркан")) == [
        "Кисело мляко от краве мляко 3,6%",
        "в буркан",
    ]
    assert narrow_lines(Text("а" * 33)) == ["а" * 32, "а"]
    assert narrow_lines(Text("общо 1\u00a0234\u00a0567 точки или 1\u202f000\u202f000 за брат")) == [
        "общо 1 234 567 точки или",
        "1 000 000 за брат",
    ]
    assert narrow_lines(Text("  с отстъп, който продължава на ред два")) == [
        "  с отстъп, който продължава на",
        "  ред два",
    ]
    assert narrow_lines(Text(""), Text("  ")) == ["", ""]


def test_an_amount_hangs_at_the_right_of_the_last_line() -> None:
    assert narrow_lines(Pair("Хляб", "1,20 €")) == ["Хляб" + " " * 22 + "1,20 €"]
    assert narrow_lines(Pair("Кисело мляко 3,6% краве 400 г", "1\u202f234,56 €")) == [
        "Кисело мляко 3,6%",
        "краве 400 г           1 234,56 €",
    ]
    assert narrow_lines(Pair("", "12")) == [" " * 30 + "12"]
    assert narrow_lines(Pair("само име", " ")) == ["само име"]


def test_an_amount_is_never_broken_while_it_fits_on_a_line() -> None:
    amount = "1 234 567,89 лв. = 631 222,50"
    assert narrow_lines(Pair("Сума", amount)) == ["Сума", amount.rjust(32)]
    assert narrow_lines(Pair("Сума", "9" * 40)) == ["Сума", "9" * 32, " " * 24 + "9" * 8]


def test_big_text_has_half_the_columns() -> None:
    assert body(Text("Добре дошли в кооператива", big=True)) == (
        b"\x1b!\x30" + "Добре дошли в\nкооператива\n".encode("cp1251")
    )


def test_style_and_alignment_are_sent_only_when_they_change() -> None:
    assert body(
        Text("a", "centre", bold=True, big=True),
        Text("b", "centre", bold=True, big=True),
        Text("c", "right"),
        Text("d", "right", bold=True),
        Pair("e", "f", bold=True),
        Text("g"),
    ) == (b"\x1ba\x01\x1b!\x38a\nb\n\x1ba\x02\x1b!\x00c\n\x1b!\x08d\n\x1ba\x00e" + b" " * 46 + b"f\n\x1b!\x00g\n")


@pytest.mark.parametrize("align", ["left", "centre", "right"])
def test_a_divider_spans_the_paper_in_any_alignment(align: Align) -> None:
    data = body(Text("a", align), Divider(), Text("b", align))
    assert data.endswith(b"a\n" + b"-" * 48 + b"\nb\n")


def test_feeds() -> None:
    assert body(Feed(0), Feed(-1)) == b""
    assert body(Feed()) == b"\n"
    assert body(Feed(3)) == b"\n\n\n"
    assert body(Feed(4)) == b"\x1bd\x04"
    assert body(Feed(100_000)) == b"\x1bd\xff"


def test_cuts_below_the_last_line_and_opens_the_drawer() -> None:
    assert body(Cut(), OpenDrawer()) == b"\x1dVB\x00\x1bp\x00\x19\xfa"
    assert encode((OpenDrawer(),), EPSON, drawer_pin=5) == START + b"\x1bp\x01\x19\xfa"


@pytest.mark.parametrize(
    ("profile_id", "cut"),
    [("star-tsp", b"\x1dVB\x00"), ("generic-58", b"\x1bd\x04\x1dVB\x00"), ("clone-58", b"\x1bd\x05")],
)
def test_paper_without_a_knife_comes_out_beyond_the_bar_to_tear_it_at(profile_id: str, cut: bytes) -> None:
    assert encode((Text("a"), Cut()), PROFILES[profile_id]).endswith(b"a\n" + cut)


@pytest.mark.parametrize(
    ("profile_id", "bulgarian", "slovenian"),
    [
        ("epson-tm-t88", b"\x1bt\x2e\xfa\x88", b"\x1bt\x2d\xe8\x80"),
        ("epson-tm-t88iv", b"\x1bt\x11\xeaEUR", b"\x1bt\x12\x9fEUR"),
        ("bixolon-srp-350", b"\x1bt\x1c\xfa\x88", b"\x1bt\x2f\xe8\x80"),
        ("star-tsp", b"\x1b\x1dt\x22\xfa\x88", b"\x1b\x1dt\x21\xe8\x80"),
        ("citizen-ct-s310", b"\x1bt\x11\xeaEUR", b"\x1bt\x12\x9fEUR"),
        ("datecs-ep-2000", b"\x1bu\x11\xfa\x88", b"\x1bu\x0e\xe8\x80"),
        ("clone-58", b"\x1c.\x1bt\x49\xfa\x88", b"\x1c.\x1bt\x48\xe8\x80"),
    ],
)
def test_each_printer_turns_to_its_own_page(profile_id: str, bulgarian: bytes, slovenian: bytes) -> None:
    profile = PROFILES[profile_id]
    assert encode((Text("ъ€"),), profile, language="bg") == b"\x1b@" + bulgarian + b"\n"
    assert encode((Text("č€"),), profile, language="sl") == b"\x1b@" + slovenian + b"\n"


def test_a_barcode_that_cannot_be_drawn_is_printed_as_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert body(Barcode("EAN13", "2900000000019")) == b"\x1ba\x012900000000019\n"
    assert body(Barcode("CODE128", "карта")) == b"\x1ba\x01" + "карта\n".encode("cp1251")
    assert body(Qr("")) == b"\x1ba\x01\n"
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 3


def test_barcodes_stand_in_the_middle_in_plain_style() -> None:
    data = body(Text("a", bold=True), Barcode("EAN13", "2900000000018"), Text("b"))
    assert data == (b"\x1b!\x08a\n\x1ba\x01\x1b!\x00\x1dhP\x1dw\x03\x1dH\x02\x1dkC\x0d2900000000018\x1ba\x00b\n")


SLIP: Document = (
    Text("КООП „Зорница“", "centre", bold=True, big=True),
    Text("бележка за точки", "centre"),
    Text("гр. Елена, ул. „Стоян Михайловски“ 2", "centre"),
    Divider(),
    Text("22.11.2026 18:04   Каса 1   Петя"),
    Text("Карта 2900000000018, Мария И."),
    Divider(),
    Pair("Хляб Добруджа 650 г", "0,61 €"),
    Pair("Кисело мляко „Верея“ 3,6% краве 400 г", "0,92 €"),
    Pair("  2 × 0,46 €", "+1 т."),
    Pair("Боб Смилянски 1 кг", "4,86 €"),
    Pair("Сирене краве саламурено 0,350 кг", "5,12 €"),
    Divider(),
    Pair("Общо", "11,51 €", bold=True),
    Pair("Спечелени точки", "+12", bold=True),
    Pair("Баланс", "1\u202f245"),
    Divider(),
    Text("Благодарим ви!", "centre"),
    Barcode("CODE128", "1-000042"),
    Cut(),
    OpenDrawer(),
)


@pytest.mark.parametrize(
    ("profile_id", "code_page"), [(name, page) for name, profile in PROFILES.items() for page in profile.code_pages]
)
def test_a_slip_costs_at_most_1_3_times_its_text(profile_id: str, code_page: str) -> None:
    profile = PROFILES[profile_id]
    paper = Interpreter(profile.columns)
    rest = data = encode(SLIP, profile, code_page=code_page)
    while rest:
        rest = rest[paper.step(rest) :]
    text_bytes = sum(len(row.text) + 1 for row in paper.rows if row.kind in ("text", "barcode"))
    assert len(data) <= 1.3 * text_bytes
