"""Lesson 4: how a model without an order of its own is told where a token stands.

shuffle     attention alone reads a bag of words

sinusoidal  waves, added to the embedding
learned     a table with a row for every position
relative    a score that knows how far the key is from the query
rotary      queries and keys turned by their place
alibi       the farther a key, the lower its score
encodings   all of them by name, and the two places where one enters

costs       what each has to learn and to compute
model       a small model of text in which only the encoding is chosen
length      trained short, tested long
"""
