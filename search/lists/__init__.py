"""Book lists by staff and schools: displays, recommendations for grades, themes, what came in."""
