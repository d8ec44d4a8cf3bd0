"""What every lesson uses.

axes        the names of tensor axes
record      see an inner value of a model, or edit it on its way
device      the best device of this machine
seed        the one place where randomness starts
linear      a matrix times a vector, by the faster of two libraries
clipping    the norm of a gradient, and clipping by it
training    the training loop of every notebook and recipe
checkpoint  the state of a training in one file
muon        an optimizer for matrices
modes       a model asked without dropout, and then as it was
threads     how many threads compute
files       a file is written whole or not at all
"""
