"""Write: what of monday.com's is made and changed, one file for each kind of thing."""
