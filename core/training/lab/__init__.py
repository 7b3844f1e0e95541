"""The training lab: one small Transformer trained here and now, or looked at as it was trained before.

What a page calls. Recipes and what is bundled need no torch and lie in ``core.data``, so that ``core.compute`` reads
them too:

- ``core.data.lab_recipe``: ``Recipe``, ``parse(strings)``, ``as_strings(recipe)``, ``CHOICES``, ``BOUNDS``.
- ``core.data.lab_runs``: ``names()``, ``about()``, ``run(name)``, ``film(name)``, ``embedding_film(name)``,
  ``weights(name, step)``, ``flows()``, ``search()``, ``induction()``.
- ``core.compute.training_lab.gradients``: ``flow(...)`` of a fresh deep network, ``gradients(...)`` of a bundled run.

Live runs, in a process of their own behind the server's line ``RUNS``:

- ``core.training.lab.sizes``: ``offered()`` on this host, ``need(recipe)`` in bytes.
- ``core.training.lab.live``: ``start``, ``pause``, ``resume``, ``fork``, ``stop``, ``seen``, ``of``.

``core.training.lab.run`` is the loop, ``worker`` the process, ``python -m core.training.lab --write`` makes what is
bundled with the same loop.
"""
