"""The question bank and the glossary: what is read from ``assets``, searched, linked, printed and packed for Anki."""
