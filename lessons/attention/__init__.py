"""Lesson 3: attention, from one similarity to the heads of real models."""
