"""Lesson 6, and the decoder that lesson 3 reads: GPT-2 and the Llama family.

llama          the decoders of the Llama family
llama_weights  the weights of transformers' Llama, for ours
"""
