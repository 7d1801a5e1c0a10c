"""The reference of `bench_start`: a window with one label, the least that PySide6 can show."""

from PySide6.QtWidgets import QApplication, QLabel

from tests.bench.first_paint import FirstPaint

application = QApplication([])
label = QLabel("Добре дошли")
label.showMaximized()
watch = FirstPaint(label.windowHandle())
application.exec()
