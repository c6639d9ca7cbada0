"""vertebro: who should have a vertebroplasty or balloon kyphoplasty, who should wait, and why."""

__version__ = "0.1.0"
