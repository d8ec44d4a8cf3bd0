"""The models of Unrolled, a course on sequence models from the plain RNN to chain of thought.

Everything here is pure torch. Nothing in this package knows a notebook or a widget.

    core/        what every lesson uses: names of axes, record and intervene, device, seed, training, files
    recurrent/   lessons 1 and 2: the RNN and its gradients through time; UGRNN, GRU and LSTM; a character model
    text/        tokens, and a text of our own
    zoo/         trained weights by name, and the recipes that made them
    checks/      what the check cell of an exercise calls
    about        what this computer offers, for the first cell of the course

Importing this package before torch also tells OpenMP's threads to sleep while they wait. Threads that spin
make a training step on a busy laptop about ten times slower. OpenMP reads these settings once, when torch is
loaded.
"""

import os
import sys

__version__ = "0.1.0"

if "torch" not in sys.modules:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
