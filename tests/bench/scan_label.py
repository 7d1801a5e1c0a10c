"""The reference of `bench_window`: a label that shows what was typed when Enter is pressed."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel

from tests.bench.scan_timer import ScanTimer


class _Label(QLabel):
    def __init__(self) -> None:
        super().__init__()
        self._typed = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Return:
            self.setText(self._typed)
            self._typed = ""
        else:
            self._typed += event.text()


application = QApplication([])
label = _Label()
label.resize(1366, 768)
label.show()
timer = ScanTimer(label.windowHandle(), label, lambda code: label.text() == code, label.clear)
application.exec()
