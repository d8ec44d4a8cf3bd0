"""Live panels, one per lesson idea: controls + instruments + a model from ``lessons``.

===================  ==========================================================
lesson 00            ``fading_memory.FadingMemory``
lesson 01            ``gradient_decay.GradientDecay``, ``gradient_flow.GradientFlow``,
                     ``live_training.LiveTraining``
lesson 02            ``architecture_flow.ArchitectureFlow``, ``gates.Gates``
===================  ==========================================================
"""
