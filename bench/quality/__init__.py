"""How well finding finds: a judged set of what readers type, made from real books, and the figures of each engine on it."""
