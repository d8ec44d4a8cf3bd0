"""Texts to begin from: tasks that GPT-3 was shown to do from a prompt alone (Brown et al. 2020), and a tale.

A model that was only taught to write on does a task when that is what a text like this one goes on with. The words are
ours but for "whatpu" and "farduddle", which the paper made up.
"""

TALE = "Once upon a time there was a king who had"

PROMPTS = {
    "A tale": TALE,
    "Correct the English": (
        "Poor English: She no went to the market.\nGood English: She did not go to the market.\n"
        "Poor English: The childs was playing outside.\nGood English: The children were playing outside.\n"
        "Poor English: I have seen him yesterday.\nGood English:"
    ),
    "Opposites": "hot -> cold\nbig -> small\nfast -> slow\nhappy -> sad\nopen ->",
    "Put a * between the letters": "cat -> c*a*t\ntree -> t*r*e*e\nhouse -> h*o*u*s*e\nbird ->",
    "Translate": (
        "English: bread\nFrench: pain\nEnglish: water\nFrench: eau\nEnglish: house\nFrench: maison\n"
        "English: milk\nFrench:"
    ),
    "Made-up words": (
        "A “whatpu” is a small animal with soft fur. A sentence with the word whatpu: In the garden a whatpu slept "
        "under a bush.\nTo “farduddle” is to jump up and down very fast. A sentence with the word farduddle:"
    ),
    "Question and answer": (
        "Question: Which is the largest ocean?\nAnswer: The Pacific Ocean.\n"
        "Question: How many legs does a spider have?\nAnswer: Eight.\n"
        "Question: What is the capital of France?\nAnswer:"
    ),
    "Four plates and a cookie": (
        "There are four plates on the table, and on each plate lies one cookie. Anna eats the cookie of the first "
        "plate. Now the number of cookies on the table is"
    ),
}
"""What the list calls it -> the text."""
