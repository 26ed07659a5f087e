"""One patron as the desk sees and changes it: cards, family, term, first code, the end."""
