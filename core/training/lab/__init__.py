"""The training lab: one small Transformer trained here and now, or looked at as it was trained before.

What a page calls. Recipes and what is bundled need no torch and lie in ``core.data``, so that ``core.compute`` reads
them too:

- ``core.data.lab_recipe``: ``Recipe``, ``parse(strings)``, ``as_strings(recipe)``, ``CHOICES``, ``BOUNDS``.
- ``core.data.lab_runs``: ``names(group)``, ``about()``, ``run(name)``, ``attention_film(name)``,
  ``embedding_film(name)``, ``weights(name, step)``, ``search()``, ``induction()``; ``film_of(embeddings)`` for a live
  training's.
- ``core.compute.training_lab.gradients``: ``flow(depth=…, norm=…, residual=…, initialisation=…)`` of a fresh network,
  ``gradients(run=…, step=…, text=…)`` of a bundled run (a step of ``run(name).stored``).

Live runs, in a process of their own behind the server's line ``RUNS``:

- ``core.training.lab.sizes``: ``offered()`` on this host, ``need(recipe)`` in bytes.
- ``core.training.lab.live``: ``start(recipe, who, there)`` gives a ``Training``; ``seen(training)`` is how far it has
  come, ``training.film()`` its attention and embeddings; ``pause``, ``resume``, ``stop``, ``forget``;
  ``fork(training, step, who, there, rate=…)``, ``fork_bundled(recipe, bundles.state_of(name, step), who, there, …)``;
  ``of(who)`` and ``find(id, who)`` for a visitor's own.

``core.training.lab.run`` is the loop, ``worker`` the process, ``python -m core.training.lab --write`` makes what is
bundled with the same loop.
"""
