"""Lessons 1 and 2: recurrent networks, their gradients through time, and gates.

stack            what all recurrent networks share: layers that read step by step, and an output map
rnn              the layer h_t = tanh(A_h h_{t-1} + A_x x_t + b), y_t = A_y h_t
gradients        how a gradient shrinks or grows on its way back, in the scalar and in the vector case
bptt             backpropagation through time by hand, and truncated
flow             the gradient of an RNN that reads a text
tasks            adding and recall, two tasks with a lag
experiments      trainings whose outcome the lessons show

gated            what gated layers share
ugrnn, gru, lstm   the gated architectures
architectures    the four of them by name
architecture_flow  the gradient of each on its way back
long_lag         which of them learns which lag
character_model  a model of text, one character at a time
streams          its training by truncated backpropagation
reading          everything that happens inside while it reads, with or without frozen gates
find_cells       which unit follows quotation marks, or the place in the line
"""
