"""Lesson 7: chain of thought. A small model that was trained to solve word problems, at once and step by step.

problems    stories of several events, without end, a tenth of them never trained on
chains      the equations that solve them, and the way back from words to equations
vocabulary  a word, a number, a sign: one token each
prompts     the two ways to ask
reasoner    many problems at once, and how often the answer is right
answers     the number in what a model wrote
voting      self-consistency: several chains, and their answers vote
corrupt     one result in a chain changed: does the answer follow?
errors      where a chain goes wrong first, and how
exemplars   prompts for a model of general texts, with and without chains
emergence   at what size such abilities appeared in large models
"""
