"""Lesson 07: the questions that are asked before an instrument shows the answer.

Every answer is computed anew by tests/checks/test_answers_chain_of_thought.py.
"""

from lessons.checks.question import Choice, Estimate

ask_direct = Choice(
    key="07.direct",
    text="One small model has learned both: to answer a story at once, and to write the steps first. You give it new"
    " stories in which four things happen. In how many of 100 is its answer right, at once and with the steps?",
    options=("About 50, either way.", "About 50 and 75.", "About 15 and nearly 100.", "Nearly 100, either way."),
    answer=2,
    why="At once, three layers must do all four steps for a single token. With the steps, every token has to do one,"
    " and finds what came before in the text.",
)

ask_width = Estimate(
    key="07.width",
    text="A model is right in 40 of 60 questions. The interval around its accuracy is 0.24 wide. How many questions do"
    " you need, so that it is half as wide?",
    answer=240,
    within=1.4,
    unit="questions",
    why="The width falls with the square root of the number of questions: half the width costs four times as many.",
)

ask_votes = Choice(
    key="07.votes",
    text="At a temperature of 1.5 the model draws its steps so freely that about 80 of 100 chains for stories of six"
    " events are right. You draw five chains for each story and let their answers vote. In how many of 100 stories is"
    " the winner right?",
    options=(
        "About 60: five chains bring in more errors than one.",
        "About 80: a vote is as good as its voters.",
        "More than 90.",
    ),
    answer=2,
    why="Chains that are right agree on one number. Those that are wrong went wrong in different places, and share"
    " their votes among many numbers.",
)

ask_corrupt = Choice(
    key="07.corrupt",
    text="You change the result of the second equation in a right chain, and let the model go on from there. What does"
    " it answer, nearly always?",
    options=(
        "The right answer of the story: it reads the story, and the chain is decoration.",
        "What follows from the changed number.",
        "Nothing that makes sense.",
    ),
    answer=1,
    why="It goes on from what is written. So the chain is what it computes with. A chain that could be changed without"
    " any effect would explain nothing.",
)

ask_length = Choice(
    key="07.length",
    text="The model was trained on stories of one to six events, and with its steps it is right in nearly all of them."
    " Stories of eight events use no word that it has not met. In how many of 100 is it right?",
    options=(
        "Nearly all: it does one step after the other, and each is easy.",
        "About 70.",
        "About 10.",
    ),
    answer=2,
    why="It has learned to do a step, and not how to do more of them than it ever saw. Longer chains stand at places in"
    " the text that were never trained.",
)

ask_smollm = Choice(
    key="07.smollm",
    text="SmolLM2 gets 96 short word problems, a third of them with one step, a third with two and a third with three."
    " Answering at once it is right in 5 of 100, with a chain in 16. Where does it gain?",
    options=(
        "In problems of one step.",
        "In problems of three steps: they need the chain most.",
        "In all of them alike.",
    ),
    answer=0,
    why="With one step it writes an equation and reads its result: 38 of 100, in place of 6. With two or three steps"
    " each has to be the right one, and nearly every chain goes wrong somewhere.",
)
