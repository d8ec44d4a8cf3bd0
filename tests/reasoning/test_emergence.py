"""The published table, as far as it can be checked against itself."""

from lessons.reasoning.emergence import ABILITIES


def test_the_table_is_whole():
    assert len(ABILITIES) == 22 and len({ability.task for ability in ABILITIES}) == 22
    assert [ability.prompting for ability in ABILITIES] == ["few-shot"] * 9 + ["augmented"] * 13


def test_one_model_was_trained_once():
    """Rows with the same model of the same size agree in the FLOPs."""
    trained = {}
    for ability in ABILITIES:
        assert trained.setdefault((ability.model, ability.parameters), ability.flops) == ability.flops


def test_the_flops_fit_the_sizes():
    """About 6 FLOPs for a weight and a token (Kaplan et al. 2020): between 30 billion and 2 trillion tokens."""
    for ability in ABILITIES:
        tokens = ability.flops / (6 * ability.parameters)
        assert 3e10 < tokens < 2e12, ability.task


def test_what_the_lesson_speaks_of():
    found = {ability.task: (ability.model, ability.parameters, ability.flops) for ability in ABILITIES}
    assert found["addition and subtraction, 3 digits"] == ("GPT-3", 13e9, 2.3e22)
    assert found["chain of thought: word problems"] == ("LaMDA", 68e9, 1.3e23)
    assert found["self-consistency"] == ("LaMDA", 68e9, 1.3e23)
    assert found["chain of thought: StrategyQA"] == ("PaLM", 62e9, 2.9e23)
    assert found["scratchpad: adding 8 digits (fine-tuned)"] == ("LaMDA", 40e6, 8.9e19)
