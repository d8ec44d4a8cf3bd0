"""Side by side with what teachers use today, one command each. Needs the extra ``bench``."""
