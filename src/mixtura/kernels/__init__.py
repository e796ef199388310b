"""Arrays in, arrays out, compiled; nothing here knows a class of ours or checks its input."""
