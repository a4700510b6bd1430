"""`microteach doctor`: looks at this installation as it is, says in words what it found, and what to do.

A check is a function from `About` to findings; it changes nothing that stays. It asks only addresses that stand in the settings.
"""
