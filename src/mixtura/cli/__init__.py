"""The terminal's face: a file a command, and `app` that holds them together."""

from .app import main as main
