"""What a customer pays with besides money: points, and codes."""

from pos_app.loyalty.basket import Wish
from ui.till.deeds import Deeds, spoken
from ui.till.dialogs.points import CodePanel, PointsPanel
from ui.till.say import worth


class Paying(Deeds):
    """The use of points and codes."""

    @spoken
    def points(self, by_touch: bool) -> None:
        """F6: how many points are used; once more, the codes."""
        version, panel = self.till.version, self.page.place.panel
        if version.use is None and version.codes is None:
            return self._say_no_use()
        if version.use is None or isinstance(panel, PointsPanel):
            return self.codes(by_touch)
        quote = self.till.quote(strict=False)
        if quote.usable is None:
            if isinstance(panel, CodePanel):
                return self.page.place.close_panel()
            self.codes(by_touch)
            return self.say("attention", "points_need_card")
        points = PointsPanel(self.words, quote, self.key("points"))
        points.wanted.connect(self._use)
        points.code_wanted.connect(lambda: self.codes(True))
        self.page.place.open(points)

    def _say_no_use(self) -> None:
        """Points are for the board, where there is one."""
        if self.till.store.offers():
            self.say("calm", "no_use_of_points", board=self.key("board"))
        else:
            self.page.tell("calm", self.words.say("refused.no_use_of_points"))

    @spoken
    def _use(self, wish: Wish) -> None:
        self.till.use_points(wish)
        self.page.place.close_panel()
        quote = self.page.refresh()
        if quote.used_points:
            self.say("good", "points_used", worth=worth(self.words, quote.version, quote.used_points))
        else:
            self.say("calm", "points_not_used")
        self.page.accepted.emit()

    def codes(self, by_touch: bool) -> None:
        """Codes are typed, where no scanner can read them."""
        panel = CodePanel(self.words, by_touch=by_touch)
        panel.entered.connect(self._add_code)
        panel.dropped.connect(self._drop_code)
        self.page.place.open(panel)
        panel.show_quote(self.till.quote(strict=False))

    @spoken
    def _add_code(self, code: str) -> None:
        self.till.add_coupon(code)
        self.page.place.close_panel()
        self.code_taken(code.upper())

    def code_taken(self, code: str) -> None:
        """A code went into the basket, typed or scanned."""
        page = self.page
        page.place.make_room()
        quote = page.refresh()
        lowered = sum(use.amount_minor for use in quote.coupons if use.code == code)
        self.say("good", "code_taken", code=code, money=self.words.money(-lowered, quote.version.currency))
        page.accepted.emit()

    @spoken
    def _drop_code(self, code: str) -> None:
        self.till.set_order(coupons=tuple(one for one in self.till.basket.coupons if one != code))
        quote = self.page.refresh()
        panel = self.page.place.panel
        if isinstance(panel, CodePanel):
            panel.show_quote(quote)
        self.say("calm", "voided", name=code)
