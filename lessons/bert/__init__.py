"""Lesson 5, and the encoder that lesson 3 reads: BERT (Devlin et al. 2019).

encoder          blocks in which every token looks at every other
encoder_weights  the weights of transformers' encoder, for ours
heads            what a task puts on top: words for blanks, one vector for a text
models           encoder and heads: fill blanks, next sentence, classify a sentence
model_weights    the weights of transformers' models with heads, for ours
masking          hide some tokens, and the loss over them
masked_text      the same for the texts of a tokenizer, with whole words
blanks           fill blanks, each by itself or one after the other
everyday         what a model knows of everyday things
low_rank         a large model changed by a small file
pretraining      a small BERT that learns to fill blanks while you watch
fine_tuning      what that is worth to a task with few labels
variants         what came after BERT, in numbers
"""
