"""A made-up ward to try everything on: its libraries and schools, its people, its books; all invented, all from one seed."""
