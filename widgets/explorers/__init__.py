"""Live panels, one per lesson idea: controls + instruments + a model from ``lessons``.

===================  ==========================================================
lesson 00            ``fading_memory.FadingMemory``
lesson 01            ``gradient_decay.GradientDecay``, ``gradient_flow.GradientFlow``,
                     ``live_training.LiveTraining``
lesson 02            ``architecture_flow.ArchitectureFlow``, ``gates.Gates``
lesson 03            ``retrieval.Retrieval``, ``scaling.Scaling``, ``head_browser.HeadBrowser``,
                     ``head_deletion.HeadDeletion``
lesson 04            ``shuffle.Shuffle``, ``encoding.Encoding``, ``rotary_arrows.RotaryArrows``,
                     ``lengths.Lengths``
lesson 05            ``masking.MaskingExplorer``, ``blanks.BlanksExplorer``,
                     ``pre_training.PreTraining``, ``fine_tuning.FineTuning``, ``variants.Variants``
lesson 06            ``sizes.Sizes``, ``next_token.NextToken``, ``few_shot.FewShot``,
                     ``in_context.InContext``
lesson 07            ``reasoning_steps.ReasoningSteps``, ``self_consistency.SelfConsistency``,
                     ``edit_chain.EditChain``, ``prompt_workbench.PromptWorkbench``,
                     ``emergence.Emergence``
===================  ==========================================================
"""
