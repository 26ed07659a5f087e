"""Files of patrons coming in from other systems: read, told what they would change, taken in."""
