"""Lesson 6, and the decoder that lesson 3 reads: GPT-2 and the Llama family, how they write, and few-shot prompts.

llama             the decoders of the Llama family
llama_step        one more token of a Llama, fast
llama_weights     the weights of transformers' Llama, for ours
gpt2              GPT-2
gpt2_weights      the weights of transformers' GPT-2, for ours
sizes             how large GPT-2 and GPT-3 are
loss              the surprise of a text, each token after those before it

decoding          from the scores of the next token to a token
generate          texts that are written on, token by token or many at once
beam              several beginnings kept at once, and the best of them

few_shot          a task shown by examples in the prompt, and how well a model does it
in_context        rules that stand nowhere but in the text
in_context_curve  right answers against the number of examples
in_context_heads  the heads that look up what the examples say
"""
