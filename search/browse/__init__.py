"""Ways to books without a question: classes and their index, what came in lately, authors, subjects and series."""
