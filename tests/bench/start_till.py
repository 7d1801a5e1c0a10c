"""`start_till.py DIR`: the command `pos-app till`, up to the first paint of its window."""

import sys

from pos_app.__main__ import main
from tests.bench.first_paint import FirstPaint
from ui import app


class _Watched(app.TillApp):
    def show(self) -> None:
        super().show()
        FirstPaint(self.window.windowHandle())


app.TillApp = _Watched  # type: ignore[misc]
sys.exit(main(["till", "--data", sys.argv[1]]))
