"""Lesson 5, and the encoder that lesson 3 reads: BERT (Devlin et al. 2019).

encoder          blocks in which every token looks at every other
encoder_weights  the weights of transformers' encoder, for ours
"""
