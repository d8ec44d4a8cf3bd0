"""Text on its way into a model: `characters`, one symbol for every character."""
