"""What the demo shop has instead of devices: a printer's paper and a sheet of barcodes to scan."""
