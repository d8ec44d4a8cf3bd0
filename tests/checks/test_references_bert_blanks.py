"""The checks of pieces and blanks: references against the library, and mistakes as students write them.

The other checks of lesson 05 are in test_references_bert_masking.py."""

import math

import pytest
import torch

from lessons.bert import blanks
from lessons.bert.encoder import BertConfig
from lessons.bert.models import MaskedLanguageModel
from lessons.checks.bert_masking import fill_one_by_one, longest_match
from lessons.checks.masking_blanks import CITIES, MASK
from lessons.core.seed import seeded
from lessons.text import wordpiece


def tokens_of(text):
    return text.split()


# --- Pieces ---------------------------------------------------------------------------------------


def by_cutting(word, vocabulary):
    """As a student writes it: shorten the rest from its end until it is an entry."""
    pieces, rest, mark = [], word, ""
    while rest:
        piece = rest
        while piece and mark + piece not in vocabulary:
            piece = piece[:-1]
        if not piece:
            return ["[UNK]"]
        pieces.append(mark + piece)
        rest, mark = rest[len(piece) :], "##"
    return pieces


def by_the_library(word, vocabulary):
    from tokenizers.models import WordPiece

    ids = {entry: i for i, entry in enumerate(vocabulary)}
    return [token.value for token in WordPiece(ids, unk_token="[UNK]").tokenize(word)]


@pytest.mark.parametrize("attempt", [by_cutting, by_the_library])
def test_longest_match_is_that_of_the_library_and_of_a_loop(attempt):
    assert longest_match.examine(lambda word, vocabulary: attempt(word, vocabulary)).passed


def test_the_words_hold_what_makes_the_search_hard():
    pieces = {word: longest_match.reference(word, vocabulary) for word, vocabulary in longest_match.all_cases()}
    assert pieces["unaffable"] == ["una", "##ffa", "##ble"] and pieces["walking"] == ["walking"]
    unknown = [word for word, found in pieces.items() if found == ["[UNK]"]]
    assert unknown == ["walkqed", "qwalk", "unfit", "walkuna"]
    _, vocabulary = longest_match.case(1)
    assert {"unf", "un", "##fit", "walk", "una"} <= set(vocabulary) and "##una" not in vocabulary
    assert not any("q" in entry for entry in vocabulary)


def test_whoever_goes_on_behind_an_unknown_character_is_named():
    def attempt(word, vocabulary):
        pieces, rest = [], word
        while rest:
            mark = "##" if pieces else ""
            fitting = [rest[:end] for end in range(len(rest), 0, -1) if mark + rest[:end] in vocabulary]
            pieces.append(mark + fitting[0] if fitting else "[UNK]")
            rest = rest[len(fitting[0]) if fitting else 1 :]
        return pieces

    assert longest_match.examine(attempt).misconception == "wrote [UNK] for one character, and went on"


def test_a_list_of_another_length_is_shown():
    def attempt(word, vocabulary):
        return ["[UNK]"] if word == "unaffable" else by_cutting(word, vocabulary)

    assert longest_match.examine(attempt).headline == "Your result is ['[UNK]'], expected ['una', '##ffa', '##ble']."


def test_typical_stumbles_of_the_pieces_get_a_sentence():
    verdict = longest_match.examine(lambda word, vocabulary: tuple(by_cutting(word, vocabulary)))
    assert verdict.passed, "a tuple is as good as a list"
    assert "return missing" in longest_match.examine(lambda word, vocabulary: None).headline
    verdict = longest_match.examine(lambda word, vocabulary: vocabulary[word])
    assert verdict.headline.startswith("Your function stops with TypeError")
    assert "word = 'unaffable'" in verdict.detail


# --- Blanks ---------------------------------------------------------------------------------------


def conditional(model, tokens, place):
    """The probabilities of the words at `place` among the sentences that go with `tokens`, counted by hand."""
    chances = {}
    for sentence, weight in model.sentences:
        words = sentence.split()
        if all(token in (MASK, word) for token, word in zip(tokens, words, strict=True)):
            chances[words[place]] = chances.get(words[place], 0.0) + weight
    return {word: chance / sum(chances.values()) for word, chance in chances.items()}


@pytest.mark.parametrize("case", fill_one_by_one.all_cases())
def test_the_models_answer_with_the_best_word_given_the_others(case):
    tokens, model = case
    assert sum(weight for _, weight in model.sentences) == pytest.approx(1.0)
    for sentence, weight in model.sentences:
        words, text, product = sentence.split(), list(tokens), 1.0
        for place in (place for place, token in enumerate(tokens) if token == MASK):
            chances = conditional(model, text, place)
            word, probability = model(text)[place]
            assert chances[word] == pytest.approx(probability) == max(chances.values())
            product *= chances[words[place]]
            text[place] = words[place]
        assert product == pytest.approx(weight)  # p(a) p(b | a) is the weight of the sentence


@pytest.mark.parametrize("case", fill_one_by_one.all_cases())
def test_no_two_blanks_are_equally_sure_and_no_two_words_equally_likely(case):
    tokens, model = list(case[0]), case[1]
    while MASK in tokens:
        guesses = model(tokens)
        for place in guesses:
            best, second, *_ = [*sorted(conditional(model, tokens, place).values(), reverse=True), 0.0]
            assert best - second > 0.01
        sure = sorted(probability for _, probability in guesses.values())
        assert len(sure) == 1 or sure[-1] - sure[-2] > 0.01
        place = max(guesses, key=lambda place: guesses[place][1])
        tokens[place] = guesses[place][0]


def test_the_models_of_the_check_say_what_is_wrong_with_a_text():
    with pytest.raises(ValueError, match="reads 6 tokens, blanks included, not 2"):
        CITIES(["New", MASK])
    assert CITIES(tokens_of("I went to New Francisco today")) == {}
    assert CITIES(tokens_of("I went to Rome [MASK] today"))[4] == ("Francisco", pytest.approx(0.36))


def test_the_case_of_the_lesson_is_new_york_and_at_once_it_is_new_francisco():
    words, probability = fill_one_by_one.reference(*fill_one_by_one.case(1))
    assert (words[3:5], probability) == (["New", "York"], pytest.approx(0.30))
    at_once = fill_one_by_one.misconceptions[0].wrong(*fill_one_by_one.case(1))
    assert (at_once[0][3:5], at_once[1]) == (["New", "Francisco"], pytest.approx(0.54 * 0.36))


def test_filling_is_that_of_the_library_on_a_model_of_weights():
    entries = [*wordpiece.SIGNS, *tokens_of("the a dog cat wolf drank ate milk water slowly . ##s")]
    config = BertConfig(vocab=len(entries), d_model=12, layers=2, heads=3, d_ff=20, context=16)
    with seeded(5):
        model = MaskedLanguageModel(config).double()
        for weight in model.parameters():
            torch.nn.init.normal_(weight, std=0.6)  # sure of something
    model.tokenizer = wordpiece.tokenizer_of(entries)

    def ids_of(tokens):
        return torch.tensor([entries.index(token) for token in tokens])

    def predict(tokens):
        places = [place for place, token in enumerate(tokens) if token == MASK]
        found = blanks.fill(model, ids_of(tokens), places, best=1)
        return {guess.place: (entries[guess.words[0]], guess.probabilities[0]) for guess in found}

    tokens = tokens_of("[CLS] the [MASK] drank [MASK] [MASK] . [SEP]")
    filled, probability = fill_one_by_one.reference(tokens, predict)
    theirs = blanks.fill_in_turn(model, ids_of(tokens), [2, 4, 5])
    assert torch.equal(ids_of(filled), theirs.ids)
    assert probability == pytest.approx(math.prod(guess.probabilities[0] for guess in theirs.steps), rel=1e-10)


def filled_by_a_loop(tokens, predict):
    tokens, product = tokens[:], 1
    for _ in range(tokens.count(MASK)):
        best = None
        for place, (word, probability) in predict(tokens).items():
            if best is None or probability > best[2]:
                best = (place, word, probability)
        tokens[best[0]] = best[1]
        product = product * best[2]
    return tokens, product


def test_filling_by_a_loop_passes_and_writing_into_the_tokens_is_told():
    assert fill_one_by_one.examine(filled_by_a_loop).passed

    def attempt(tokens, predict):
        for place, (word, _) in predict(tokens).items():
            tokens[place] = word
        return tokens, 1.0

    assert "changes its argument `tokens` in place" in fill_one_by_one.examine(attempt).headline


def test_a_model_that_is_handed_a_part_of_the_text_says_so():
    verdict = fill_one_by_one.examine(lambda tokens, predict: predict([MASK]))
    assert verdict.headline.startswith("Your function stops with ValueError: This model reads 6 tokens")


def test_a_loop_that_never_writes_the_word_back_ends_with_a_sentence():
    def attempt(tokens, predict):
        filled, product = list(tokens), 1.0
        while MASK in filled:
            guesses = predict(tokens)
            place = max(guesses, key=lambda place: guesses[place][1])
            product *= guesses[place][1]
        return filled, product

    for _ in range(2):
        verdict = fill_one_by_one.examine(attempt)
        assert verdict.status == "wrong" and verdict.headline == (
            "You have asked the model 100 times and a blank is still there: do you write the word into the list that"
            " you ask with?"
        )
        assert "Look at line 4 of your function: guesses = predict(tokens)" in verdict.detail
        assert "(Case 1 of 3:" in verdict.detail and "Traceback" not in repr(verdict)


@pytest.mark.parametrize(("questions", "passed"), [(97, True), (98, False)])
def test_each_case_has_a_hundred_questions_of_its_own(questions, passed):
    """Three blanks at most, each with a question of the loop's; the others are idle."""

    def attempt(tokens, predict):
        for _ in range(questions):
            predict(tokens)
        return filled_by_a_loop(tokens, predict)

    for _ in range(2):
        assert fill_one_by_one.examine(attempt).passed == passed


def test_whoever_asks_again_with_the_old_text_has_filled_at_once():
    def attempt(tokens, predict):
        filled, product = list(tokens), 1.0
        while MASK in filled:
            guesses = {place: guess for place, guess in predict(tokens).items() if filled[place] == MASK}
            place = max(guesses, key=lambda place: guesses[place][1])
            filled[place] = guesses[place][0]
            product *= guesses[place][1]
        return filled, product

    verdict = fill_one_by_one.examine(attempt)
    assert verdict.misconception == "filled all blanks by the first answer of the model"
