"""What single fields of a MARC21 record say: headings, numbers, dates, material, notes."""
