"""The demo's two windows beside the till: the printer's paper and the sheet of barcodes."""

from pos_app import demo
from pos_app.loyalty.words import Words
from db.store import Store
from ui.demo.paper import PaperWindow
from ui.demo.sheet import SheetWindow
from ui.intake import ScanIntake
