"""What the libraries own: bibliographic records and their sources, items, MARC in and out, matching, news of change."""
