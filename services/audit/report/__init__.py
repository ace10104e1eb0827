"""The sealed report of an inspection: figures by a pure function, typeset by typst as PDF/A, the same bytes each time.

Names nobody: places, counts, entry numbers, hashes. The figures lie inside the file as JSON, their SHA-256 and the signed
checkpoint in a QR code on the paper, and the SHA-256 of the file in the log.
"""
