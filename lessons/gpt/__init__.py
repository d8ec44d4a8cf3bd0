"""Lesson 6, and the decoder that lesson 3 reads: GPT-2 and the Llama family."""
