"""A job as data, and what does it: a picture painted, its palette reduced, new pictures generated."""
