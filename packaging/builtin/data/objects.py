"""Objects (an invoice, a playlist) times actions (create, find, end): each gives eight or more tools.

    ## noun | plural | domain | key=NAME:KIND | made=VERB/VERB | ended=VERB/VERB [| also=noun, plural; noun, plural]
    name! kind : phrase                an attribute and how a request says it ({} is the value)

The nouns behind `also=` are for training alone, as are the other names of the tools (`_OTHER_NAMES`) and what
specs/training/actions.txt says of each action:

    == ACTION
    > frame                            a further way to ask, the thing's own words in <noun>, <id>, <details> …
    - frame                            a near miss: none of the thing's tools serves it

The committed held-out set knows none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

from . import values
from .family import SPECS, Family, Param, check, make_param

_SHARE = 5  # a thing for training alone has one in so many of the ways to ask in actions.txt, the others have all


@dataclass
class Thing:
    noun: str
    plural: str
    domain: str
    key: tuple[str, str]
    made: list[str]
    ended: list[str]
    attributes: list[tuple[Param, str]] = field(default_factory=list)
    also: list[tuple[str, str]] = field(default_factory=list)  # what others call it, one and many


# What else a tool may be called and how else described, by what it does; {verb} is the thing's own.
_OTHER_NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "create": (
        ("{one}_{verb}", "{Verb} {a} new {noun}"),
        ("new_{one}", "Puts {a} {noun} into the records"),
        ("{one}_entry", "One more {noun}, with its details"),
        ("insert_{one}", "Brings {a} {noun} into being"),
    ),
    "find": (
        ("{many}_search", "Which {plural} there are, by what is known of them"),
        ("list_{many}", "List of {plural} that fit"),
        ("{one}_query", "Look {plural} up"),
        ("filter_{many}", "Returns those {plural} that match"),
    ),
    "end": (
        ("{one}_{verb}", "{Verb} one {noun}"),
        ("drop_{one}", "Takes {a} {noun} out of the records"),
        ("{one}_removal", "For {a} {noun} that nobody needs any more"),
        ("void_{one}", "Ends {a} {noun} for good"),
    ),
    "status": (
        ("{one}_state", "State of {a} {noun}"),
        ("{one}_progress", "What has become of {a} {noun}"),
        ("track_{one}", "Where {a} {noun} stands at present"),
        ("{one}_info", "News about one {noun}"),
    ),
    "share": (
        ("{one}_to_person", "Lets a person see {a} {noun}"),
        ("pass_on_{one}", "Give somebody a copy of {a} {noun}"),
        ("{one}_forwarding", "Hands {a} {noun} on to someone else"),
        ("grant_{one}_access", "Who else may read {a} {noun}"),
    ),
    "export": (
        ("{many}_to_file", "Writes {plural} into a file"),
        ("save_{many}_as", "All {plural} as a spreadsheet or document"),
        ("{one}_dump", "File of {plural} in a chosen format"),
        ("{many}_download", "Get {plural} out of the system, for other programs"),
    ),
    "count": (
        ("{many}_total", "Number of {plural}"),
        ("how_many_{many}", "How many {plural} there are"),
        ("{one}_tally", "Returns only the sum of {plural}, no list"),
        ("{one}_statistics", "Total of {plural}"),
    ),
    "update": (
        ("set_{one}_{label}", "New {words} for {a} {noun}"),
        ("{one}_{label}_change", "Corrects the {words} of one {noun}"),
        ("{label}_of_{one}", "Gives {a} {noun} another {words}"),
        ("edit_{label}_{one}", "When the {words} of {a} {noun} is no longer right"),
    ),
}


def _other_names(thing: Thing, kind: str, verb: str, label: str) -> tuple[tuple[str, str], ...]:
    out = []
    for noun, plural in [(thing.noun, thing.plural), *thing.also]:
        words = {"noun": noun, "plural": plural, "a": _article(noun), "verb": verb, "Verb": verb.capitalize()}
        words |= {"one": noun.replace(" ", "_"), "many": plural.replace(" ", "_"), "words": label.replace("_", " ")}
        for name, says in _OTHER_NAMES[kind]:
            out.append((name.format(label=label, **words).replace(" ", "_"), says.format(label=label, **words)))
    return tuple(out)


def parameter(line: str) -> tuple[Param, str]:
    line, _, phrase = line.partition(" : ")
    line, _, says = line.partition(" -- ")
    name, kind = line.split(maxsplit=1)
    return (
        make_param(name.rstrip("!"), kind.strip(), name.endswith("!"), says.strip()),
        phrase.strip(),
    )


def read_objects(text: str) -> list[Thing]:
    out = []
    for block in text.split("\n## ")[1:]:
        head, *lines = [line for line in block.splitlines() if line.strip()]
        noun, plural, domain, *rest = (part.strip() for part in head.split("|"))
        options = dict(part.split("=") for part in rest)
        key, _, kind = options["key"].partition(":")
        thing = Thing(
            noun,
            plural,
            domain,
            (key, kind),
            options.get("made", "create/add/make").split("/"),
            options.get("ended", "delete/remove").split("/"),
        )
        for pair in options["also"].split(";") if "also" in options else ():
            one, _, many = pair.partition(",")
            thing.also.append((one.strip(), many.strip()))
        thing.attributes = [parameter(line) for line in lines]
        out.append(thing)
    return out


@lru_cache(maxsize=1)
def _of_actions() -> dict[str, tuple[list[str], list[str]]]:
    """Ways to ask, for training, and near misses of each action, with the thing's words still open."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    ways: list[str] = []
    misses: list[str] = []
    for line in (SPECS / "training" / "actions.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            ways, misses = found.setdefault(line[3:].strip(), ([], []))
        elif line.startswith(("> ", "- ")):
            (ways if line[0] == ">" else misses).append(line[2:].strip())
    return found


def _filled(frame: str, words: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda place: words[place[1]], frame)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


def _clause(param: Param, phrase: str) -> str:
    """ " for {customer}" in brackets: it is said when the value is."""
    place, lead = "{" + param.name + "}", "{@" + param.name + "}"
    return "[ " + "|".join([phrase]).replace("{@}", lead).replace("{}", place) + "]"


def actions(thing: Thing, of_training: bool = False) -> list[Family]:
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
    both = "".join(_clause(p, f) for p, f in thing.attributes[:2])
    words = {"noun": noun, "plural": plural, "a": art, "made": made, "ended": ended, "id": k}
    words |= {"person": "{recipient}", "format": "{format}", "since": "[ since {since}]"}
    details = {"create": clauses, "find": some + more, "count": both}
    some_id = "{" + (thing.key[1] if thing.key[1] in values.KITS else "code") + "}"  # where nothing is called, its kind
    out: list[Family] = []

    def add(kind: str, name: str, says: str, wanted: list[Param], *frames: str, label: str = "") -> None:
        own = words | {"details": details.get(kind, ""), "label": label.replace("_", " "), "value": "{" + label + "}"}
        missed = own | {"id": some_id}
        ways, misses = _of_actions().get(kind, ([], []))
        if of_training:
            ways = ways[len(name) % _SHARE :: _SHARE]
        family = Family(name, says, thing.domain, "object " + noun, name, tuple(wanted), frames, training=of_training)
        out.append(
            replace(
                check(family),
                training_frames=tuple(_filled(frame, own) for frame in ways),
                other_names=_other_names(thing, kind, thing.ended[0] if kind == "end" else thing.made[0], label),
                near_misses=tuple(_filled(frame, missed) for frame in misses),
            )
        )

    def optional(param: Param) -> Param:
        return Param(param.name, param.kind, False, param.says, param.schema)

    verb = thing.made[0].replace(" ", "_")
    add(
        "create",
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
        "find",
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
        "end",
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
        "status",
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
        "share",
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
        "export",
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
        "count",
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
            "update",
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
            label=param.name,
        )
    return out


