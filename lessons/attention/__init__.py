"""Lesson 3: attention, from one similarity to the heads of real models.

similarity          how well a query fits a key, in several ways
retrieval           a database small enough to see: similarity, softmax, weighted sum
scaling             why the scores are divided by sqrt(d_head)
masks               who may look where
scaled_dot_product  the attention of one head
multi_head          several heads side by side, with the head as an axis
cache               keys and values that are kept while a text is written
embedding           a learned row for every token
block               the blocks of encoder and decoder, with the three places of attention
renamed             weights of another library under our names

heads               what every head of a model looks at while it reads a text
head_scores         what a head does, as a number
deletion            a model without some of its heads
"""
