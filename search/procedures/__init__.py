"""How to use the libraries: procedures and answers that the staff write, in four languages, and which of them somebody's words ask for."""
