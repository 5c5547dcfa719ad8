"""Thousands of believable dossiers, written in bulk, to measure the portal with.

``manage.py seed_load --dossiers 10000``; one file per matter:

- ``guard``: where it refuses to run;
- ``writer``: rows to PostgreSQL by ``COPY``, a few hundred dossiers in memory at a time;
- ``actors``, ``calls``, ``money``: the few rows that services write (people, sheets, envelopes);
- ``plan``: when each thing happens to a dossier, and where it stops;
- ``words``, ``budgets``, ``declaring``, ``filing``, ``reading``, ``deciding``, ``history``: its
  rows, around ``dossier``, what is known of it meanwhile;
- ``run``: all of it, in order.

Everything follows from the seed and the day: run twice on the same empty database, it writes the
same rows.
"""
