"""Sixty everyday sentences with one blank each, to ask a masked model what it knows of the world.

They were written before any training, and no recipe trains on them. Every blank has several right answers; a model
passes when one of them is among its ten best words. The lists hold what a person would accept, as single words in
small letters; no list is complete.
"""

from dataclasses import dataclass

from lessons.text.wordpiece import MASK


@dataclass(frozen=True)
class Blank:
    """One sentence with one mask, and words that fit."""

    text: str
    answers: tuple[str, ...]


def _blank(text: str, answers: str) -> Blank:
    return Blank(text.replace("___", MASK), tuple(answers.split()))


EVERYDAY = (
    _blank("She poured ___ into her cup.", "water coffee tea milk wine juice"),
    _blank("He put on his ___ and went out into the cold.", "coat hat jacket gloves boots shoes cap clothes scarf"),
    _blank("I brush my ___ every morning.", "teeth hair"),
    _blank("The dog ___ at the stranger.", "barked growled looked stared snarled jumped"),
    _blank("We eat breakfast in the ___.", "morning kitchen"),
    _blank("Paris is the capital of ___.", "france"),
    _blank("Birds can ___, but dogs cannot.", "fly sing"),
    _blank("The sky is ___ today.", "blue clear grey gray cloudy dark bright beautiful"),
    _blank("Fish live in the ___.", "water sea ocean river lake rivers"),
    _blank("My mother and my ___ live in a small house.", "father brother sister grandmother dad aunt uncle"),
    _blank("In winter it is very ___.", "cold dark snowy"),
    _blank("The baby began to ___ because it was hungry.", "cry scream weep"),
    _blank("He opened the ___ with a key.", "door box safe gate lock drawer chest car"),
    _blank("She read a ___ before she went to sleep.", "book story letter novel newspaper magazine poem"),
    _blank("The sun rises in the ___.", "east morning"),
    _blank("A week has seven ___.", "days"),
    _blank("He drives his ___ to work.", "car truck van"),
    _blank("They sat on the ___ and watched television.", "couch sofa floor bed"),
    _blank("She cut the bread with a ___.", "knife blade"),
    _blank("The children played in the ___.", "garden park yard snow street sand woods house school playground"),
    _blank("I am so tired that I want to ___.", "sleep rest die"),
    _blank("He was ill, so he went to see a ___.", "doctor physician"),
    _blank("The ___ flew over the house.", "bird plane birds helicopter eagle aircraft airplane crow"),
    _blank("Please close the ___ when you leave.", "door window gate"),
    _blank("The cat chased the ___.", "mouse dog bird rat cat mice ball"),
    _blank("She bought a new ___ at the shop.", "dress car phone book coat hat bag computer"),
    _blank("Cows give us ___.", "milk meat"),
    _blank("After the rain the streets were ___.", "wet clean flooded muddy"),
    _blank("He washed his ___ with soap.", "hands face hair clothes body"),
    _blank("The teacher asked the ___ a question.", "student students class boy girl children pupils child"),
    _blank("We took the ___ to the city.", "train bus car road"),
    _blank("The soup was too ___ to eat.", "hot cold salty spicy"),
    _blank("She plays the ___ in an orchestra.", "violin piano flute cello guitar harp drums clarinet"),
    _blank("The king and the ___ sat on their thrones.", "queen prince princess"),
    _blank("I forgot my umbrella and got ___.", "wet soaked"),
    _blank("There are sixty ___ in an hour.", "minutes"),
    _blank("He paid for the meal with ___.", "money cash"),
    _blank("The ___ is shining brightly.", "sun moon light star"),
    _blank("She ___ the letter and put it into an envelope.", "wrote folded read took signed picked"),
    _blank("Grass is ___.", "green"),
    _blank("A lemon tastes ___.", "sour bitter good"),
    _blank("The ship sailed across the ___.", "sea ocean atlantic river lake channel water bay pacific"),
    _blank("He broke his ___ when he fell off the ladder.", "leg arm neck back ankle foot wrist nose legs hip"),
    _blank("They celebrated her ___ with a big cake.", "birthday wedding marriage anniversary"),
    _blank("It is dark in here. Please turn on the ___.", "light lights lamp"),
    _blank("You can borrow books from the ___.", "library school"),
    _blank("The farmer milks his ___ every day.", "cows cow goats goat"),
    _blank("We need flour, sugar and ___ for the cake.", "butter eggs milk salt water cream chocolate"),
    _blank("She was so happy that she began to ___.", "cry smile laugh sing dance"),
    _blank("An elephant is bigger than a ___.", "mouse dog horse cat human lion man cow person bear"),
    _blank("He wore a black ___ and a white shirt.", "suit jacket tie hat coat"),
    _blank("The police ___ the thief.", "caught arrested found shot stopped"),
    _blank("The train arrived at the ___ ten minutes late.", "station platform"),
    _blank("I have two brothers and one ___.", "sister son daughter"),
    _blank("The ice ___ in the sun.", "melted cracked sparkled"),
    _blank("Snow is ___ and cold.", "white wet soft"),
    _blank("She ___ a song for her friends.", "sang sings wrote played"),
    _blank("He lost the race because he was too ___.", "slow late tired old weak"),
    _blank("We went to the beach to ___ in the sea.", "swim play dive"),
    _blank("The bread is fresh from the ___.", "oven bakery baker"),
)
