"""The picture shelves as data: what stands on each, by class, by kind, or by words of titles and subjects."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from catalog.description import Material
from library.errors import N_


class Ask(msgspec.Struct, frozen=True):
    """What is asked for is all of these: of a class, with a word in title or subject, of a kind and by a writer of those named."""

    classes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


class Shelf(msgspec.Struct, frozen=True):
    """What any of `asks` or `parts` finds stands here. `name` carries the readings of its kanji; the main class `mark` gives the hue."""

    key: str
    name: str
    mark: str
    picture: str
    asks: tuple[Ask, ...] = ()
    parts: tuple[Shelf, ...] = ()

    def every_ask(self) -> tuple[Ask, ...]:
        """Its own, and those of its parts."""
        return tuple(dict.fromkeys((*self.asks, *(ask for part in self.parts for ask in part.every_ask()))))


def _classes(*numbers: str) -> Ask:
    return Ask(classes=numbers)


def _words(*words: str) -> Ask:
    return Ask(words=words)


# Words that hardly stand inside others: くま is in 「来るまで」, うま in 「うまれた」. An index drops long vowels and っ, so words that
# become others without them are left out too: ゆうれい sounds like ゆれる, サッカー like さか, じっけん like じけん.
_DOGS = Shelf("dogs", N_("いぬ"), "4", "dog", (_classes("645.6"), _words("子犬", "小犬", "こいぬ", "名犬", "愛犬", "犬さん", "番犬")))
_CATS = Shelf("cats", N_("ねこ"), "4", "cat", (_classes("645.7"), _words("ねこ", "子猫", "こねこ")))
_WILD = Shelf(
    "beasts",
    N_("どうぶつ"),
    "4",
    "bear",
    (
        _classes("480", "482", "489", "645"),
        _words("どうぶつ", "動物", "きつね", "ぎつね", "たぬき", "うさぎ", "ねずみ", "ライオン", "狼", "白熊", "熊さん"),
        _words("さるかに", "おさる", "子馬", "子ぶた", "こぶた", "ひつじ", "いのしし"),
    ),
)
_BIRDS = Shelf(
    "birds",
    N_("とり"),
    "4",
    "bird",
    (
        _classes("488", "646"),
        _words("小鳥", "ことり", "つばめ", "すずめ", "からす", "はくちょう", "にわとり", "うぐいす", "ひばり"),
    ),
)
_INSECTS = Shelf(
    "insects",
    N_("むし"),
    "4",
    "beetle",
    (_classes("486"), _words("昆虫", "かぶとむし", "ちょうちょ", "ちょうちょう", "とんぼ", "ほたる", "こおろぎ", "かたつむり", "みつばち")),
)
_SEA = Shelf(
    "sea",
    N_("うみの いきもの"),
    "4",
    "fish",
    (_classes("483", "484", "485", "487.4", "487.5", "487.6", "452"), _words("さかな", "めだか", "金魚", "くじら", "人魚", "くらげ")),
)

_CARS = Shelf("cars", N_("くるま"), "5", "car", (_classes("537", "685"), _words("自動車", "じどうしゃ", "消防車", "バスの")))
_TRAINS = Shelf("trains", N_("でんしゃ"), "5", "train", (_classes("536", "686"), _words("機関車", "汽車", "電車", "でんしゃ", "鉄道")))
_SHIPS = Shelf("ships", N_("ふね"), "5", "ship", (_classes("55", "683"), _words("汽船", "帆船", "潜水艦", "軍艦", "ふなのり", "難破船")))
_PLANES = Shelf(
    "planes", N_("ひこうき・ ロケット"), "5", "plane", (_classes("538", "687"), _words("飛行機", "ひこうき", "飛行船", "気球", "ロケット"))
)

_JAPAN = Shelf("japan", N_("日本《にほん》の ものがたり"), "9", "story", (_classes("913"),))
_ABROAD = Shelf("abroad", N_("がいこくの ものがたり"), "9", "globe", (_classes("92", "93", "94", "95", "96", "97", "98", "99"),))

SHELVES: tuple[Shelf, ...] = (
    Shelf("animals", N_("いきもの"), "4", "cat", (_classes("48"),), (_DOGS, _CATS, _WILD, _BIRDS, _INSECTS, _SEA)),
    Shelf("picture-books", N_("えほん"), "E", "picture", (_classes("726.6", "779.8"),)),
    Shelf("stories", N_("ものがたり"), "9", "story", (), (_JAPAN, _ABROAD)),
    Shelf("vehicles", N_("のりもの"), "5", "train", (_classes("68"),), (_TRAINS, _CARS, _SHIPS, _PLANES)),
    Shelf(
        "ghosts",
        N_("おばけ・ こわい はなし"),
        "1",
        "ghost",
        (
            _classes("147", "387", "388.9"),
            _words("おばけ", "のおばけ", "お化け", "ばけもの", "化物", "幽霊", "妖怪", "怪談", "鬼退治", "魔物", "怪奇"),
        ),
    ),
    Shelf(
        "space",
        N_("うちゅう・ ほし"),
        "4",
        "planet",
        (_classes("44", "538.9"), _words("うちゅう", "宇宙", "火星", "月世界", "流れ星", "お星さま", "星座", "お月さま", "太陽", "銀河")),
    ),
    Shelf("dinosaurs", N_("きょうりゅう"), "4", "dinosaur", (_classes("457"), _words("きょうりゅう", "恐竜", "怪竜", "化石", "マンモス"))),
    Shelf(
        "folktales",
        N_("むかしばなし"),
        "3",
        "peach",
        (
            _classes("388", "913.8", "164"),
            _words("むかしばなし", "むかし話", "昔話", "ももたろう", "一寸法師", "浦島", "かぐや姫", "花咲か", "舌切", "かちかち山"),
            _words("グリム", "アンデルセン", "イソップ"),
        ),
    ),
    Shelf(
        "mysteries",
        N_("たんてい・ なぞとき"),
        "9",
        "magnifier",
        (_words("探偵", "たんてい", "ホームズ", "二十面相", "怪盗", "怪人", "秘密", "ひみつ", "暗号", "なぞの"),),
    ),
    Shelf(
        "adventures",
        N_("ぼうけん"),
        "9",
        "compass",
        (_words("冒険", "ぼうけん", "海賊", "宝島", "無人島", "たんけん", "探険", "漂流", "魔境"),),
    ),
    Shelf(
        "magic",
        N_("まほう・ おひめさま"),
        "9",
        "wand",
        (
            _words(
                "魔法",
                "まほうの",
                "まほうつかい",
                "王子",
                "王女",
                "女王",
                "おひめさま",
                "のおひめさま",
                "妖精",
                "人魚",
                "天使",
                "アリス",
                "ふしぎな",
            ),
        ),
    ),
    Shelf(
        "funny",
        N_("わらえる はなし"),
        "7",
        "laugh",
        (_classes("779.1", "913.7"), _words("落語", "とんち", "笑い話", "わらいばなし", "ゆかいな")),
    ),
    Shelf(
        "friends",
        N_("学校《がっこう》・ ともだち"),
        "3",
        "school",
        (_classes("37"), _words("学校", "友だち", "ともだち", "生徒", "教室")),
    ),
    Shelf(
        "food",
        N_("りょうり・ おかし"),
        "5",
        "pot",
        (_classes("596", "588", "498.5"), _words("料理", "お菓子", "レストラン", "料理店", "ビスケット", "キャラメル", "パン屋", "お弁当")),
    ),
    Shelf(
        "plants",
        N_("花《はな》・木《き》・ やさい"),
        "4",
        "flower",
        (
            _classes("47", "62", "65"),
            _words("植物", "お花", "花びら", "たんぽぽ", "チューリップ", "すみれ", "ひまわり", "野菜", "木の葉", "どんぐり"),
        ),
    ),
    Shelf(
        "weather",
        N_("てんき・ ちきゅう"),
        "4",
        "cloud",
        (_classes("45"), _words("天気", "地震", "火山", "台風", "気象", "雪だるま", "にじの")),
    ),
    Shelf("body", N_("からだ"), "4", "body", (_classes("49"), _words("からだ", "人体", "歯みがき"))),
    Shelf("experiments", N_("じっけん・ かがく"), "4", "flask", (_classes("40", "42", "43", "46"), _words("実験", "科学", "発明"))),
    Shelf("numbers", N_("さんすう"), "4", "numbers", (_classes("41"), _words("算数", "さんすう", "数学"))),
    Shelf(
        "machines",
        N_("コンピュータ・ ロボット"),
        "0",
        "robot",
        (_classes("007", "548", "53"), _words("ロボット", "人造人間", "コンピュータ")),
    ),
    Shelf(
        "sports",
        N_("スポーツ"),
        "7",
        "ball",
        (_classes("78"), _words("野球", "相撲", "水泳", "マラソン")),
    ),
    Shelf(
        "play",
        N_("あそび・ なぞなぞ"),
        "7",
        "dice",
        (_classes("79", "384.5", "759"), _words("なぞなぞ", "かくれんぼ", "あそび", "おもちゃ", "人形")),
    ),
    Shelf("crafts", N_("こうさく・ おりがみ"), "7", "scissors", (_classes("75", "594"), _words("工作", "おりがみ", "折り紙", "ねんど"))),
    Shelf(
        "art",
        N_("え・まんが"),
        "7",
        "palette",
        (
            _classes("70", "71", "720", "721", "722", "723", "724", "725", "726.1", "727", "73", "74"),
            _words("まんが", "漫画", "絵かき", "画家"),
        ),
    ),
    Shelf(
        "music",
        N_("おんがく"),
        "7",
        "note",
        (_classes("76"), _words("音楽", "おんがく", "ピアノ", "オルガン", "ヴァイオリン", "童謡")),
    ),
    Shelf("theatre", N_("げき・えいが"), "7", "masks", (_classes("77", "912"), _words("人形劇", "おしばい", "サーカス", "曲芸"))),
    Shelf(
        "poems",
        N_("し・ ことばあそび"),
        "9",
        "feather",
        (_classes("911", "921", "931", "941", "951"), _words("童謡集", "詩集", "ことばあそび")),
    ),
    Shelf("words", N_("ことば・ えいご"), "8", "speech", (_classes("80", "81", "82", "83"), _words("英語", "漢字", "ことわざ"))),
    Shelf("people", N_("すごい人《ひと》・ でんき"), "2", "medal", (_classes("28"), _words("伝記", "発明王", "偉人"))),
    Shelf(
        "history",
        N_("むかしの くらし・ れきし"),
        "2",
        "castle",
        (_classes("20", "21", "22", "23"), _words("歴史", "れきし", "お城", "武士")),
    ),
    Shelf(
        "places", N_("せかいの国《くに》・ ちず"), "2", "globe", (_classes("29", "38"), _words("世界一周", "地図", "旅行記", "せかいの"))
    ),
    Shelf(
        "work",
        N_("しごと・ くらし"),
        "3",
        "hat",
        (_classes("36", "60", "61", "66", "67", "69", "50", "51", "52"), _words("しごと", "お店")),
    ),
    Shelf(
        "look-up", N_("しらべる本《ほん》"), "0", "magnified", (_classes("03", "04"), _words("図鑑", "ずかん", "百科", "事典", "自由研究"))
    ),
    Shelf("tablet", N_("タブレットで よむ本《ほん》"), "6", "tablet", (Ask(kinds=(Material.EBOOK.value, Material.AUDIOBOOK.value)),)),
)


def every() -> Iterator[Shelf]:
    """Shelves and their parts."""
    for shelf in SHELVES:
        yield shelf
        yield from shelf.parts


BY_KEY: dict[str, Shelf] = {shelf.key: shelf for shelf in every()}


def above(shelf: Shelf) -> Shelf | None:
    """The shelf of which this one is a part."""
    return next((whole for whole in SHELVES if shelf in whole.parts), None)
