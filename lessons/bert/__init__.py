"""Lesson 5, and the encoder that lesson 3 reads: BERT (Devlin et al. 2019)."""
