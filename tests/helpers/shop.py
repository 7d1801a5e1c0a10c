"""The shipped КООП programme, goods and customers for tests of the checkout's core."""

from datetime import datetime

from pos_app import shipped
from pos_app.loyalty.basket import Offer, Product
from pos_app.loyalty.customers import Customer
from pos_app.loyalty.moments import from_local

PROGRAMME = shipped.programme("coop-bg")
BREAD = Product("3800000000017", "Хляб Добруджа", 120)
MILK = Product("3800000000024", "Прясно мляко КООП", 230, "КООП")
CHEESE = Product("3800000000031", "Сирене", 999, weighed=True)
COFFEE = Offer("coffee", "3800000000048", "Кафе 100 г", 60, stock=2)
CARD = 2900000000018


def sofia(text: str) -> int:
    """A moment on the clock of a shop in Bulgaria, from ISO text."""
    return from_local(datetime.fromisoformat(text), "Europe/Sofia")


EURO_DAY = sofia("2026-03-02T10:00:00")
LEV_DAY = sofia("2025-11-03T10:00:00")


def customer(balance: int = 100, kind: str = "client", **values: object) -> Customer:
    """A customer whose card is active."""
    return Customer(CARD, CARD, 1, "Мария П.", kind, balance, **values)  # type: ignore[arg-type]
