"""Text on its way into a model, and texts of our own.

characters  the smallest tokenizer: one symbol for every character
tokenizer   the tokens of models that others trained, shown for people
pieces      a vocabulary of our own, made from a given text

wordpiece           BERT's tokens by hand, from the raw text to the ids
wordpiece_training  a vocabulary for it, made from a given text, merge by merge

bpe                 GPT-2's tokens by hand, from the raw text to the ids
bpe_training        its merges, learned from a given text
merging             what the two trainings do in the same way

tale        a short tale that no model of the course was trained on
repeats     random pieces that come again
everyday    sixty everyday sentences with a blank each
reviews     short reviews that our code writes, and a task with few labels

word_tasks      eight tasks of words and sentences, to show and to ask
sentence_tasks  the sentences of two of them
word_problems   arithmetic in short stories, with chains of thought
"""
