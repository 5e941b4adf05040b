"""Families from the specifications in specs/: single tools, and objects times actions.

    == NAME | what it does | domain [| clash=TAG] [| group=NAME]
    name! kind [-- description]        a parameter, ! when required
    > frame                            a way to ask

In specs/training, for training alone (the committed held-out set does not know them):

    == NAME | …                        a further family
    == NAME                            and frames: further ways to ask for a family of another file

    ## noun | plural | domain | key=NAME:KIND | made=VERB/VERB | ended=VERB/VERB
    name! kind : phrase                an attribute and how a request says it ({} is the value)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from .family import Family, Param, check, make_param
from .local import local_families

SPECS = Path(__file__).parent / "specs"


@dataclass
class _Object:
    noun: str
    plural: str
    domain: str
    key: tuple[str, str]
    made: list[str]
    ended: list[str]
    attributes: list[tuple[Param, str]] = field(default_factory=list)


def _parameter(line: str) -> tuple[Param, str]:
    line, _, phrase = line.partition(" : ")
    line, _, says = line.partition(" -- ")
    name, kind = line.split(maxsplit=1)
    return (
        make_param(name.rstrip("!"), kind.strip(), name.endswith("!"), says.strip()),
        phrase.strip(),
    )


def _blocks(text: str) -> list[list[str]]:
    """The lines of each family, its head first."""
    return [
        [line for line in block.splitlines() if line.strip() and not line.startswith("#")]
        for block in ("\n" + text).split("\n== ")[1:]
    ]


def _frames(lines: list[str]) -> tuple[str, ...]:
    return tuple(line[1:].strip() for line in lines if line.startswith(">"))


def _tools(text: str, training: bool = False) -> list[Family]:
    out = []
    for head, *lines in _blocks(text):
        if "|" not in head:
            continue
        name, says, domain, *rest = (part.strip() for part in head.split("|"))
        options = dict(part.split("=") for part in rest)
        params = tuple(_parameter(line)[0] for line in lines if not line.startswith(">"))
        out.append(
            check(
                Family(
                    name,
                    says,
                    domain,
                    options.get("group", name),
                    options.get("clash", name),
                    params,
                    _frames(lines),
                    training=training,
                )
            )
        )
    return out


def _with_more_frames(known: list[Family], text: str) -> list[Family]:
    more: dict[str, tuple[str, ...]] = {}
    for head, *lines in _blocks(text):
        if "|" not in head:
            more[head.strip()] = more.get(head.strip(), ()) + _frames(lines)
    if more.keys() - {f.name for f in known}:
        raise ValueError(f"frames of unknown families: {sorted(more.keys() - {f.name for f in known})}")
    return [
        check(replace(f, training_frames=f.training_frames + more[f.name])) if f.name in more else f
        for f in known
    ]


def _objects(text: str) -> list[_Object]:
    out = []
    for block in text.split("\n## ")[1:]:
        head, *lines = [line for line in block.splitlines() if line.strip()]
        noun, plural, domain, *rest = (part.strip() for part in head.split("|"))
        options = dict(part.split("=") for part in rest)
        key, _, kind = options["key"].partition(":")
        thing = _Object(
            noun,
            plural,
            domain,
            (key, kind),
            options.get("made", "create/add/make").split("/"),
            options.get("ended", "delete/remove").split("/"),
        )
        thing.attributes = [_parameter(line) for line in lines]
        out.append(thing)
    return out


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _clause(param: Param, phrase: str) -> str:
    """ " for {customer}" in brackets: it is said when the value is."""
    place, lead = "{" + param.name + "}", "{@" + param.name + "}"
    return "[ " + "|".join([phrase]).replace("{@}", lead).replace("{}", place) + "]"


def _actions(thing: _Object, of_training: bool = False) -> list[Family]:
    noun, plural, slug = thing.noun, thing.plural, thing.noun.replace(" ", "_")
    many = plural.replace(" ", "_")
    made, ended = "(" + "|".join(thing.made) + ")", "(" + "|".join(thing.ended) + ")"
    art = f"({_article(noun)}|a new)" if _article(noun) == "a" else "(an|a new)"
    key = make_param(thing.key[0], thing.key[1], True)
    params = [param for param, _ in thing.attributes]
    clauses = "".join(_clause(param, phrase) for param, phrase in thing.attributes)
    first, phrase = thing.attributes[0]
    some = _clause(first, phrase)[1:-1]
    more = "".join(_clause(p, f) for p, f in thing.attributes[1:3])
    k = "{" + key.name + "}"
    the = f"(the |){noun} "
    out: list[Family] = []

    def add(
        name: str, says: str, wanted: list[Param], *frames: str, training: tuple[str, ...] = ()
    ) -> None:
        family = Family(name, says, thing.domain, "object " + noun, name, tuple(wanted), frames)
        out.append(check(replace(family, training=of_training, training_frames=training)))

    def optional(param: Param) -> Param:
        return Param(param.name, param.kind, False, param.says, param.schema)

    verb = thing.made[0].replace(" ", "_")
    add(
        f"{verb}_{slug}",
        f"{thing.made[0].capitalize()} {_article(noun)} {noun}",
        params,
        f"{made} {art} {noun}{clauses}",
        f"(can you |could you |){made} {_article(noun)} {noun}{clauses}",
        f"I('d like| want) to {made} {art} {noun}{clauses}",
        f"I need {art} {noun}{clauses}",
        f"we need {art} {noun}{clauses}, (please |){made} it",
        f"(new|another) {noun}{clauses}",
        f"let's {made} {art} {noun}{clauses}",
        f"(go ahead and |){made} me {_article(noun)} {noun}{clauses}",
        f"{art} {noun}{clauses} (needs|has) to be (set up|entered)",
        f"help me {made} {art} {noun}{clauses}",
    )
    add(
        f"find_{many}",
        f"Find {plural} by their details",
        [Param(first.name, first.kind, True, first.says, first.schema)]
        + [optional(p) for p in params[1:3]],
        f"(find|search for|look up) (the |all |my |){plural}{some}{more}",
        f"(show|list|give) me (the |all |all the |){plural}{some}{more}",
        f"(what|which) {plural} (are there|do we have|do I have){some}{more}",
        f"(is|are) there any {plural}{some}{more}",
        f"search (the |){plural}{some}{more}",
        f"pull up (the |all |){plural}{some}{more}",
        f"I'm looking for {plural}{some}{more}",
        f"do we have any {plural}{some}{more}",
        f"display {plural}{some}{more}",
    )
    add(
        f"{thing.ended[0].replace(' ', '_')}_{slug}",
        f"{thing.ended[0].capitalize()} {_article(noun)} {noun}",
        [key],
        f"{ended} {the}[{k}]",
        f"(please |){ended} {noun} {k}",
        f"I want to {ended} {the}[{k}]",
        f"{noun} {k} is not needed (any more|now), {ended} it",
        f"can (you|we) {ended} {the}[{k}]",
        f"get rid of {noun} {k}",
        f"we don't need {noun} {k} (any more|anymore), {ended} it",
        f"{ended} {k}, (the |that |){noun}",
        f"I no longer need {the}{k}",
    )
    add(
        f"get_{slug}_status",
        f"Tell how far {_article(noun)} {noun} is",
        [key],
        f"(what's|what is) the status of {the}[{k}]",
        f"(check|get|show) the status of {noun} {k}",
        f"how (far along is|is) {noun} {k}( doing| coming along|)",
        f"status of {noun} {k}",
        f"{noun} {k} status",
        f"any (news|update) on {noun} {k}",
        f"where does {noun} {k} stand",
        f"has anything happened with {noun} {k}",
        f"(tell me|I want to know) the status of {the}[{k}]",
    )
    person = make_param("recipient", "person", True, f"Who gets the {noun}")
    add(
        f"share_{slug}",
        f"Send {_article(noun)} {noun} to somebody",
        [key, person],
        f"(share|send) {noun} {k} (with|to) {{recipient}}",
        f"(share|send) {{recipient}} {noun} {k}",
        f"{{recipient}} needs to see {noun} {k}, (send|share) it",
        f"(forward|pass) {noun} {k}[ (on |)to {{recipient}}]",
        f"let {{recipient}} have {noun} {k}",
        f"can you (share|send) {the}{k}[ (with|to) {{recipient}}]",
        f"give {{recipient}} access to {noun} {k}",
    )
    form = make_param(
        "format", "enum(csv, pdf, json, xlsx=excel/xlsx/a spreadsheet)", True, "Format of the file"
    )
    since = make_param("since", "fixed_date", False, "Earliest day, as said")
    add(
        f"export_{many}",
        f"Export {plural} to a file",
        [form, since],
        f"export (the |all |my |){plural}[ since {{since}}] (as|to) {{format}}",
        f"(give|get) me (the |all |){plural} as {{format}}[ since {{since}}]",
        f"I need {{format}} of (the |all |){plural}[ since {{since}}]",
        f"download (the |my |all |){plural}[ as {{format}}]",
        f"save (all |the |){plural}[ since {{since}}] (in|as) {{format}}",
        f"{{format}} export of {plural}[ since {{since}}]",
    )
    add(
        f"count_{many}",
        f"Count {plural}",
        [optional(p) for p in params[:2]],
        f"how many {plural}{_clause(first, phrase)} (are there|do we have)",
        f"(count|number of) (the |all |){plural}{some}{more if len(params) == 2 else ''}",
        f"count (the |all |my |){plural}",
        f"(what's|what is) the number of {plural}{_clause(first, phrase)}",
        f"how many {plural} exist{_clause(first, phrase)}",
    )
    for param, _ in thing.attributes[1:4]:
        if param.schema["type"] in ("array", "boolean"):
            continue
        label, v = param.name.replace("_", " "), "{" + param.name + "}"
        add(
            f"update_{slug}_{param.name}",
            f"Change the {label} of {_article(noun)} {noun}",
            [key, Param(param.name, param.kind, True, param.says, param.schema)],
            f"(change|update|set) the {label} of {noun} {k}[ to {v}]",
            f"(make|set) {v} the (new |){label} of {noun} {k}",
            f"{noun} {k} (needs|should have) {label} {v}",
            f"(update|edit) {noun} {k}: {label} {v}",
            f"for {noun} {k} (change|set) the {label}[ to {v}]",
            f"(the |){label} of {noun} {k} (is|should be) {v} now",
            f"I want to change {noun} {k}'s {label} to {v}",
        )
    return out


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """All families, in a fixed order; names are unique. A few seconds on the first call."""
    out: list[Family] = list(local_families())
    for path in sorted(SPECS.glob("*.tools")):
        out += _tools(path.read_text(encoding="utf-8"))
    for path in sorted(SPECS.glob("*.objects")):
        for thing in _objects("\n" + path.read_text(encoding="utf-8")):
            out += _actions(thing)
    for path in sorted((SPECS / "training").glob("*.tools")):
        text = path.read_text(encoding="utf-8")
        out = _with_more_frames(out, text) + _tools(text, training=True)
    for path in sorted((SPECS / "training").glob("*.objects")):
        for thing in _objects("\n" + path.read_text(encoding="utf-8")):
            out += _actions(thing, of_training=True)
    names = [f.name for f in out]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two families have one name: {sorted(twice)}")
    return tuple(out)
