"""The page kit of all four services: layout, macros, languages, error pages, and what the browser loads.

It knows no service: each passes in its folder (`templates/`, `translations/`), its links and who is asking. It must
never load anything from another host, write a script or style into a page, or show a loading, an empty and a failed
part alike.
"""
