"""The anatomy the system knows: names, synonyms, sides, groups, colours and codes, and what a prompt means in them."""
