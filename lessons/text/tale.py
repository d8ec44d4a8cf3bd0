"""A short tale of our own, in the manner of the old ones: a text that no model of the course was trained on.

It has dialogue in curly quotation marks and lines of at most 70 characters, so that cells which follow either can be
looked for in it.
"""

TALE = """\
THE CLOCKMAKER’S DAUGHTER


There was once a clockmaker who had an only daughter, and the girl was
so curious that she took every clock in the house to pieces. “Child,”
said he, “leave me at least the one that wakes us.” But in the night
she crept down the stairs, and when the morning came no clock struck,
and the whole village slept until noon.

Then the old man grew angry, and said, “Go out into the world, and do
not come home until you have found where the lost hours are kept.”

The girl put a loaf of bread into her bag and set out. When she had
walked for three days, she came to a great forest, and at the edge of
it sat a little grey man who was counting leaves. “Good day, little
man,” said she, “why do you count the leaves?”

“That I may know how long I have been sitting here,” he answered. “And
where are you going?”

“I am looking for the lost hours,” said the maiden. “My father’s house
has none left.”

“Give me half of your bread,” said the little man, “and I will tell
you.” So she gave him half of it, and when he had eaten he pointed to
the mountain. “There lives an old woman who gathers everything that
people let fall. But do not speak a word to her until she has asked
you three times what you want, or you will forget your own name.”

The maiden thanked him and went on. In the evening she reached a small
house of stone, and before the door stood an old woman with a broom,
and she swept and swept, though there was no dust to be seen.

“What do you want?” cried the old woman. The maiden was silent.

“What do you want?” she cried again, and she shook the broom. The
maiden looked at the ground and was silent.

Then the old woman laughed, and her voice was not so rough as before.
“You have learned to wait,” said she, “and that is more than most of
them can do. Now tell me, my child, what is it that you want?”

“I want the hours which I lost for my father,” answered the maiden,
“for he sits at home among the wheels, and does not know when to sleep
and when to wake.”

The old woman took a key from her apron and opened a chest, and in the
chest lay all the hours of the world, as bright as coins. “Take what
is yours,” said she, “but not one minute more.”

The maiden took her hours and no others, and wrapped them in a cloth.
When she came home, the clocks began to strike, one after the other,
and the father ran out and took her in his arms. “Now I will never
scold you again,” he cried, “and you shall have a clock of your own,
to take to pieces as often as you like!”

But the maiden said, “I had rather learn how to put one together.” So
he taught her, and she became a better clockmaker than he; and if she
has not stopped winding them, her clocks are going still.
"""
