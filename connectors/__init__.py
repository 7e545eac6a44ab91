"""Cloud apps, one folder each, and the base they share."""
