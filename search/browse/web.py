"""Every page of browsing."""

from __future__ import annotations

from search.browse import classes, headings, index, new

handlers = (classes.classes_page, classes.class_page, index.index_page, *new.handlers, *headings.handlers)
