"""The graph of batches behind a rollback: what builds on what, as text that other programs draw."""

from __future__ import annotations

from collections.abc import Sequence

from ipo_ledger.application import answers as a
from ipo_ledger.application import telling
from ipo_ledger.domain.links import Link, links
from ipo_ledger.domain.records import Batch
from ipo_ledger.domain.rollback import Past, is_live


def graph(system: str, past: Past, batch: Batch) -> a.Graph:
    """Return a batch and its dependents, and what ties them."""
    together, tied = links(past, batch)
    live = {b.number for b in together if is_live(past, b)}
    return a.Graph(
        system=system,
        batch=batch.name,
        batches=tuple(b.name for b in together),
        links=tuple(
            a.LinkAnswer(
                later=f"B{link.later}",
                earlier=f"B{link.earlier}",
                extensions=link.extensions,
                numbers=link.numbers,
            )
            for link in tied
        ),
        dot=_dot(together, tied, live),
        mermaid=_mermaid(together, tied, live),
    )


def _dot(together: Sequence[Batch], tied: Sequence[Link], live: set[int]) -> str:
    lines = ["digraph rollback {", "  rankdir=BT;", "  node [shape=box];"]
    for batch in together:
        style = "" if batch.number in live else ", style=dashed"
        lines.append(f'  {batch.name} [label="{_quoted(batch)}"{style}];')
    lines += [f'  B{link.later} -> B{link.earlier} [label="{_shared(link)}"];' for link in tied]
    return "\n".join([*lines, "}", ""])


def _mermaid(together: Sequence[Batch], tied: Sequence[Link], live: set[int]) -> str:
    lines = ["flowchart BT"]
    lines += [f'  {batch.name}["{_escaped(batch)}"]' for batch in together]
    lines += [f'  B{link.later} -- "{_shared(link)}" --> B{link.earlier}' for link in tied]
    dashed = [batch.name for batch in together if batch.number not in live]
    if dashed:
        lines += ["  classDef reversed stroke-dasharray: 4 4", f"  class {','.join(dashed)} reversed"]
    return "\n".join([*lines, ""])


def _label(batch: Batch) -> str:
    what = f"{batch.name}: {batch.title}"
    if batch.reverses:
        what += f" (reverses {', '.join(telling.batch_ids(batch.reverses))})"
    return "".join(c for c in what if c.isprintable())


def _quoted(batch: Batch) -> str:
    return _label(batch).replace("\\", "\\\\").replace('"', '\\"')


def _escaped(batch: Batch) -> str:
    """Return a label that Mermaid takes for text: no quotes, no markup."""
    return "".join(c if c.isalnum() or c in " :,.()/-_" else f"#{ord(c)};" for c in _label(batch))


def _shared(link: Link) -> str:
    parts = []
    if link.extensions:
        parts.append("extension " + ", ".join(str(i) for i in link.extensions[:5]))
    if link.numbers:
        parts.append("number " + ", ".join(link.numbers[:5]))
    return "; ".join(parts)
