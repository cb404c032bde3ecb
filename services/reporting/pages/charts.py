"""Charts, described once with altair and drawn as SVG without a browser."""

from functools import lru_cache

FUNNEL = (
    ("requested", "Demandes"),
    ("welcomed", "Accueillies"),
    ("started", "Accompagnement démarré"),
    ("active", "Au moins une activité"),
    ("durable", "Sortie : emploi durable"),
    ("transition", "Sortie : emploi de transition"),
    ("positive", "Sortie positive"),
    ("other", "Autre sortie"),
    ("neutralised", "Sortie neutralisée"),
)
BLUE = "#1f4e79"
LABELS_WIDTH = 200
"""Pixels kept for the labels: the reader's fonts are wider than those that this drawing is measured with."""


@lru_cache(maxsize=64)
def bars(values: tuple[tuple[str, float], ...]) -> str:
    """Draws horizontal bars with their value, as SVG. A table with the same figures stands beside it in the page."""
    import altair  # at first use, as its renderer: most processes draw nothing
    import vl_convert

    rows = [{"label": label, "value": value} for label, value in values]
    order = [label for label, _ in values]
    names = altair.Axis(labelLimit=0, minExtent=LABELS_WIDTH, ticks=False, domain=False)
    base = altair.Chart(altair.InlineData(values=rows)).encode(
        y=altair.Y("label:N", sort=order, title=None, axis=names),
        x=altair.X("value:Q", title=None, axis=None),
    )
    drawn = base.mark_bar(color=BLUE, height=20) + base.mark_text(align="left", dx=5).encode(text="value:Q")
    chart = (
        drawn.properties(width=270, height=34 * max(len(rows), 1))
        .configure(font="system-ui, sans-serif", view=altair.ViewConfig(stroke=None))
        .configure_axis(labelFontSize=13)
        .configure_text(fontSize=13)
    )
    svg: str = vl_convert.vegalite_to_svg(chart.to_json())
    return svg
