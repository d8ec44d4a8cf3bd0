"""Lesson 4: how a model without an order of its own is told where a token stands."""
