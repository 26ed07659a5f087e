"""The library card on a phone: its number, its pictures, whose it is, and the page that works without a network."""
