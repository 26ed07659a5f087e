"""The filters beside the results: what can be chosen, how many records each choice leaves, what is chosen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from catalog import ndc
from catalog.records import labels
from library.errors import N_
from library.i18n import Texts, in_language
from search.asking.asked import HEADINGS, Asked, Years
from search.directory import Directory, Place, Where
from search.finding import Results

_DECADES = 3  # shown one by one; what is older goes together

Option = tuple[str, str, str | None]  # value, label, number of records


class Facet(NamedTuple):
    """One group of choices; `folded`: long, and seldom used."""

    name: str
    legend: str
    options: list[Option]
    chosen: list[str]
    kind: str = "checkbox"
    folded: bool = False


def facets_of(results: Results, *, year: int, texts: Texts, easy: bool) -> list[Facet]:
    """Groups in the order in which readers narrow; a group with nothing to choose is left out. `year` is the present one."""
    asked, counts = results.asked, results.facets
    say = texts.gettext
    found = [
        Facet("where", say(N_("どこにある")), _groups(results, texts), [where.value for where in asked.where]),
        Facet("branch", say(N_("館をえらぶ")), _branches(results, texts), list(asked.branch), folded=True),
        Facet("ndc", say(N_("分類")), _classes(asked, counts.get("ndc1", {}), texts, easy=easy), list(asked.ndc)),
        Facet(
            "material",
            say(N_("資料の種類")),
            _worded(counts, "material", labels.MATERIALS, asked.material, texts),
            _values(asked.material),
        ),
        Facet("audience", say(N_("だれに")), _worded(counts, "audience", labels.AUDIENCES, asked.audience, texts), _values(asked.audience)),
        Facet("year", say(N_("出版年")), _years(asked, counts.get("year", {}), year, texts), [str(asked.year or "")], kind="radio"),
        Facet("language", say(N_("言語")), _worded(counts, "language", labels.LANGUAGES, asked.language, texts), _values(asked.language)),
    ]
    return [facet for facet in found if (facet.chosen and facet.kind == "checkbox") or len(facet.options) > 1 or facet.name == "available"]


def _values(chosen: Iterable[str]) -> list[str]:
    return [str(value) for value in chosen]


def where_words(directory: Directory, texts: Texts) -> dict[Where, str]:
    """The names of the groups, as near as they are to this viewer."""
    own = [place for place in directory.places if Where.OWN in place.where]
    has_school = any(Where.SCHOOLS in place.where for place in directory.places)
    return {
        Where.OWN: _own_words(own, texts, of_a_child=directory.of_a_child),
        Where.WARD: texts.gettext(N_("区立図書館")),
        Where.SCHOOLS: texts.gettext(N_("ほかの学校") if own and has_school else N_("学校図書館")),
        Where.ONLINE: texts.gettext(N_("オンライン")),
    }


def _own_words(own: list[Place], texts: Texts, *, of_a_child: bool) -> str:
    if own and all(place.is_own_school for place in own):
        return texts.gettext(N_("こどもの学校") if of_a_child else N_("自分の学校"))
    if len(own) == 1:
        return in_language(own[0].name, texts.language)
    return texts.gettext(N_("こどもの学校・いつもの館") if of_a_child else N_("自分の学校・いつもの館"))


def _groups(results: Results, texts: Texts) -> list[Option]:
    words = where_words(results.directory, texts)
    chosen = set(results.asked.where)
    return [(where.value, words[where], f"{count:,}") for where, count in results.groups.items() if count or where in chosen]


def _branches(results: Results, texts: Texts) -> list[Option]:
    counts = results.facets.get("branch", {})

    def nearness(place: Place) -> tuple[bool, bool, int]:
        return Where.OWN not in place.where, Where.WARD not in place.where, place.number

    nearest = sorted(results.directory.places, key=nearness)
    return [
        (place.code, in_language(place.name, texts.language), f"{counts.get(place.code, 0):,}")
        for place in nearest
        if counts.get(place.code) or place.code in results.asked.branch
    ]


def class_words(number: str, texts: Texts, *, easy: bool) -> str:
    """「9 文学」, for pupils 「9 ものがたり」."""
    words = ndc.easy_label(number, texts.language) if easy and len(number) == 1 else ndc.label(number, texts.language)
    return f"{number} {words or ndc.label(number)}".strip()


def _classes(asked: Asked, counts: Mapping[str, int], texts: Texts, *, easy: bool) -> list[Option]:
    deeper: list[Option] = [(number, class_words(number, texts, easy=easy), None) for number in asked.ndc if len(number) > 1]
    main = sorted({number for number in asked.ndc if len(number) == 1} | {number for number in counts if number.isdigit()})
    return deeper + [(number, class_words(number, texts, easy=easy), f"{counts.get(number, 0):,}") for number in main]


def _worded(
    counts: Mapping[str, Mapping[str, int]], facet: str, words: Mapping[str, str], chosen: Iterable[str], texts: Texts
) -> list[Option]:
    """Values by number of records; chosen ones stay though nothing is left of them."""
    counted = counts.get(facet, {})
    values = sorted({*counted, *map(str, chosen)}, key=lambda value: (-counted.get(value, 0), value))
    return [(value, texts.gettext(words[value]) if value in words else value, f"{counted.get(value, 0):,}") for value in values]


def _years(asked: Asked, counts: Mapping[str, int], year: int, texts: Texts) -> list[Option]:
    decade = year - year % 10
    whole = [Years(decade - 10 * n, decade - 10 * n + 9) for n in range(1, _DECADES)]
    spans = [Years(decade, None), *whole, Years(None, decade - 10 * _DECADES + 9)]
    options: list[Option] = [("", texts.gettext(N_("すべて")), None)]
    for span in spans:
        number = sum(count for one, count in counts.items() if _holds(span, int(one)))
        if number or span == asked.year:
            options.append((str(span), years_words(span, texts), f"{number:,}"))
    if asked.year is not None and asked.year not in spans:
        options.append((str(asked.year), years_words(asked.year, texts), None))
    return options if len(options) > 2 or asked.year else options[:1]


def _holds(span: Years, year: int) -> bool:
    return (span.first is None or span.first <= year) and (span.last is None or year <= span.last)


def years_words(span: Years, texts: Texts) -> str:
    if span.first is None:
        return texts.gettext(N_("{year}年まで")).format(year=span.last)
    if span.last is None:
        return texts.gettext(N_("{year}年から")).format(year=span.first)
    if span.first == span.last:
        return texts.gettext(N_("{year}年")).format(year=span.first)
    return texts.gettext(N_("{first}年から{last}年")).format(first=span.first, last=span.last)


_HEADING_WORDS = {"author": N_("著者「{words}」"), "subject": N_("件名「{words}」"), "series": N_("シリーズ「{words}」")}


def words_of(asked: Asked, directory: Directory, texts: Texts, *, easy: bool) -> list[tuple[str, Asked]]:
    """Every filter value in words, with the search that is left without it."""
    names = {place.code: in_language(place.name, texts.language) for place in directory.places}
    groups = where_words(directory, texts)
    found = [(groups[where], asked.without("where", where.value)) for where in asked.where]
    found += [(names.get(code, code), asked.without("branch", code)) for code in asked.branch]
    found += [(class_words(number, texts, easy=easy), asked.without("ndc", number)) for number in asked.ndc]
    found += [(texts.gettext(labels.MATERIALS[one]), asked.without("material", one)) for one in asked.material]
    found += [(texts.gettext(labels.AUDIENCES[one]), asked.without("audience", one)) for one in asked.audience]
    found += [(texts.gettext(labels.LANGUAGES.get(one, one)), asked.without("language", one)) for one in asked.language]
    if asked.year is not None:
        found.append((years_words(asked.year, texts), asked.without("year")))
    for name in HEADINGS:
        said = texts.gettext(_HEADING_WORDS[name])
        found += [(said.format(words=words), asked.without(name, words)) for words in getattr(asked, name)]
    return found
