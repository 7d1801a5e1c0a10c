"""A slip of 20 lines in each language of the till, as a shop prints it, without its barcode."""

from collections.abc import Mapping
from typing import NamedTuple

from pos_app.loyalty.paper import Document, Pair, Text

_GOODS = 12


class _Words(NamedTuple):
    title: str
    shop: str
    number: tuple[str, str]
    goods: tuple[str, str]
    total: tuple[str, str]
    reason: str
    earned: tuple[str, str]
    balance: tuple[str, str]


_WORDS = {
    "bg": _Words(
        "БЕЛЕЖКА ЗА ТОЧКИ",
        "Клиентска карта КООП",
        ("Бележка 0001-0000412", "Каса 1"),
        ("Прясно мляко КООП {} л", "{},30 €"),
        ("Стойност на стоките", "93,60 €"),
        "2 точки на 0,50 лв. за стоки с марка КООП",
        ("Спечелени точки", "+820"),
        ("Вашите точки сега", "1 020"),
    ),
    "en": _Words(
        "POINTS SLIP",
        "COOP customer card",
        ("Slip 0001-0000412", "Till 1"),
        ("Fresh milk of the coop {} l", "{}.30 €"),
        ("Value of the goods", "93.60 €"),
        "2 points for every 0.50 € of coop goods",
        ("Points earned", "+820"),
        ("Your points now", "1,020"),
    ),
    "sl": _Words(
        "POTRDILO O TOČKAH",
        "Kartica zadruge",
        ("Potrdilo 0001-0000412", "Blagajna 1"),
        ("Sveže mleko zadruge {} l", "{},30 €"),
        ("Vrednost izdelkov", "93,60 €"),
        "2 točki za vsakih 0,50 € za izdelke zadruge",
        ("Pridobljene točke", "+820"),
        ("Vaše točke zdaj", "1.020"),
    ),
    "fa": _Words(
        "رسید امتیاز",
        "کارت مشتری تعاونی",
        ("رسید \u20660001-0000412\u2069", "صندوق ۱"),
        ("شیر تازهٔ تعاونی {} لیتر", "{}۳٬۰۰۰ تومان"),
        ("ارزش کالاها", "۹۳۶٬۰۰۰ تومان"),
        "۲ امتیاز برای هر ۵٬۰۰۰ تومان از کالاهای تعاونی",
        ("امتیاز به‌دست‌آمده", "+۸۲۰"),
        ("امتیاز شما اکنون", "۱٬۰۲۰"),
    ),
}
_LATIN: Mapping[int, str] = {}
_PERSIAN: Mapping[int, str] = {ord(latin): persian for latin, persian in zip("0123456789", "۰۱۲۳۴۵۶۷۸۹", strict=True)}


def _slip(words: _Words, digits: Mapping[int, str]) -> Document:
    numbers = [str(number).translate(digits) for number in range(1, _GOODS + 1)]
    return (
        Text(words.title, "centre", bold=True, big=True),
        Text(words.shop, "centre"),
        Pair(*words.number),
        *(Pair(words.goods[0].format(number), words.goods[1].format(number)) for number in numbers),
        Pair(*words.total, bold=True),
        Text(words.reason),
        Pair(*words.earned),
        Pair(*words.balance, bold=True),
        Text(words.shop, "centre"),
    )


SLIPS = {language: _slip(words, _PERSIAN if language == "fa" else _LATIN) for language, words in _WORDS.items()}
