"""Lesson 1: recurrent networks and their gradients through time.

rnn          the layer h_t = tanh(A_h h_{t-1} + A_x x_t + b), y_t = A_y h_t
gradients    how a gradient shrinks or grows on its way back, in the scalar and in the vector case
bptt         backpropagation through time by hand, and truncated
tasks        adding and recall, two tasks with a lag
experiments  trainings whose outcome the lesson shows
"""
