"""Words for what the catalogue stores as codes, for pages and messages; Japanese, to be translated where they are shown."""

from __future__ import annotations

from typing import Any

from catalog.description import Audience, Material
from library.errors import N_

FIELDS: dict[str, str] = {
    "title": N_("書名"),
    "other_titles": N_("別の書名"),
    "agents": N_("著者"),
    "edition": N_("版"),
    "place": N_("出版地"),
    "publisher": N_("出版者"),
    "publisher_reading": N_("出版者の読み"),
    "published": N_("出版年月"),
    "year": N_("出版年"),
    "extent": N_("数量"),
    "size": N_("大きさ"),
    "material": N_("資料の種類"),
    "language": N_("言語"),
    "audience": N_("対象"),
    "series": N_("シリーズ"),
    "subjects": N_("件名"),
    "classes": N_("分類"),
    "isbns": N_("ISBN"),
    "issns": N_("ISSN"),
    "nbn": N_("全国書誌番号"),
    "lccn": N_("LCCN"),
    "notes": N_("注記"),
    "links": N_("リンク"),
    "accompanying": N_("付属資料"),
    "original_language": N_("原著の言語"),
}

MATERIALS: dict[str, str] = {
    Material.BOOK: N_("図書"),
    Material.SERIAL: N_("雑誌・新聞"),
    Material.MAP: N_("地図"),
    Material.MUSIC_SCORE: N_("楽譜"),
    Material.SOUND: N_("録音資料"),
    Material.VIDEO: N_("映像資料"),
    Material.IMAGE: N_("静止画"),
    Material.KIT: N_("組み合わせ資料"),
    Material.OBJECT: N_("立体資料"),
    Material.MANUSCRIPT: N_("写本・手稿"),
    Material.SOFTWARE: N_("電子資料"),
    Material.EBOOK: N_("電子書籍"),
    Material.AUDIOBOOK: N_("オーディオブック"),
}

AUDIENCES: dict[str, str] = {
    Audience.CHILDREN: N_("児童"),
    Audience.YOUNG_ADULT: N_("ヤングアダルト"),
    Audience.ADULT: N_("一般"),
}

LANGUAGES: dict[str, str] = {
    "jpn": N_("日本語"),
    "eng": N_("英語"),
    "chi": N_("中国語"),
    "kor": N_("韓国・朝鮮語"),
    "fre": N_("フランス語"),
    "ger": N_("ドイツ語"),
    "spa": N_("スペイン語"),
    "por": N_("ポルトガル語"),
    "ita": N_("イタリア語"),
    "rus": N_("ロシア語"),
    "vie": N_("ベトナム語"),
    "tgl": N_("タガログ語"),
    "nep": N_("ネパール語"),
    "mul": N_("複数の言語"),
    "zxx": N_("言葉なし"),
}

NOTE_KINDS: dict[str, str] = {
    "general": N_("一般注記"),
    "abstract": N_("要旨"),
    "contents": N_("内容細目"),
    "audience": N_("対象"),
    "bibliography": N_("書誌・年表"),
    "language": N_("言語"),
    "award": N_("受賞"),
    "other": N_("その他"),
}

AGENT_KINDS: dict[str, str] = {"person": N_("個人"), "body": N_("団体"), "meeting": N_("会議")}

SUBJECT_SCHEMES: dict[str, str] = {
    "": N_("（指定なし）"),
    "ndlsh": N_("国立国会図書館件名"),
    "bsh": N_("基本件名標目"),
    "lcsh": N_("米国議会図書館件名"),
    "local": N_("この図書館の件名"),
}

CLASS_SCHEMES: dict[str, str] = {
    "ndc:10": N_("NDC 10版"),
    "ndc:9": N_("NDC 9版"),
    "ndc:8": N_("NDC 8版"),
    "ndc:": N_("NDC"),
    "ndlc:": N_("NDLC"),
    "ddc:": N_("DDC"),
    "lcc:": N_("LCC"),
}

FIELD_GROUPS: dict[str, str] = {
    "title": N_("書名"),
    "agents": N_("著者"),
    "publication": N_("出版"),
    "physical": N_("形・言語・対象"),
    "series": N_("シリーズ"),
    "subjects": N_("件名"),
    "classes": N_("分類"),
    "identifiers": N_("ISBNなどの番号"),
    "notes": N_("注記"),
    "abstract": N_("要旨"),
    "contents": N_("内容細目"),
    "links": N_("リンク"),
}

FORMATS: dict[str, str] = {"marc21": "MARC21", "marcxml": "MARCXML", "table": N_("表"), "hand": N_("手入力")}

MATCH_RULES: dict[str, str] = {
    "new": N_("同じ資料の書誌がなかったので、新しく作りました"),
    "nbn": N_("全国書誌番号で同じ資料と分かりました"),
    "isbn": N_("ISBNで同じ資料と分かりました"),
    "score": N_("書名や著者などの一致で同じ資料と判断しました"),
    "hand": N_("職員が決めました"),
}

ACTS: dict[str, str] = {
    "created": N_("手入力で作成"),
    "composed": N_("送り手の変更を反映"),
    "edited": N_("修正"),
    "taken_back": N_("修正の取り消し"),
    "merged": N_("ほかの書誌をまとめた"),
    "merged_away": N_("ほかの書誌にまとめられた"),
    "split": N_("別の書誌に分けた"),
    "split_off": N_("ほかの書誌から分かれた"),
    "kept_apart": N_("別の資料と確認"),
    "deleted": N_("削除"),
    "item_added": N_("資料を追加"),
    "item_changed": N_("資料を変更"),
    "access_added": N_("電子資料の利用権を追加"),
    "access_removed": N_("電子資料の利用権を削除"),
}

REACHES: dict[str, str] = {"nobody": N_("だれにも"), "own": N_("自館の利用者"), "schools": N_("区内の学校"), "all": N_("すべての人")}

ITEM_FIELDS: dict[str, str] = {
    "barcode": N_("バーコード"),
    "branch_id": N_("館"),
    "organisation_id": N_("所蔵者"),
    "shelf_area_id": N_("配架場所"),
    "location_mark": N_("別置記号"),
    "class_mark": N_("分類記号"),
    "author_mark": N_("図書記号"),
    "volume_mark": N_("巻冊記号"),
    "in_library_only": N_("館内のみ"),
    "missing_since": N_("不明"),
    "withdrawn_on": N_("除籍"),
    "damage": N_("破損"),
    "parts": N_("付属資料"),
    "price": N_("価格"),
    "acquired_on": N_("受入日"),
    "note": N_("メモ"),
}


def in_words(value: Any) -> str:
    """A stored field value as one line: lists joined, structures by their words in order."""
    if value in (None, "", (), []):
        return ""
    if isinstance(value, dict):
        return " ".join(in_words(one) for one in value.values() if not isinstance(one, bool) and one)
    if isinstance(value, list | tuple):
        return "、".join(filter(None, (in_words(one) for one in value)))
    text = str(value)
    return MATERIALS.get(text) or AUDIENCES.get(text) or text


IMPORT_KINDS: dict[str, str] = {"marc": N_("書誌"), "items": N_("所蔵一覧")}

IMPORT_STATUSES: dict[str, str] = {
    "waiting": N_("順番を待っています"),
    "running": N_("取り込んでいます"),
    "finished": N_("終わりました"),
    "failed": N_("止まりました"),
    "cancelled": N_("中止しました"),
}

IMPORT_COUNTS: dict[str, str] = {
    "read": N_("読んだ数"),
    "created": N_("新しい書誌"),
    "matched": N_("いまある書誌に加わった"),
    "updated": N_("変わった"),
    "unchanged": N_("そのまま"),
    "rejected": N_("取り込めなかった"),
    "new": N_("新しい資料"),
    "changed": N_("変わる資料"),
    "records_created": N_("新しくできる書誌"),
    "records_matched": N_("いまある書誌"),
    "records_updated": N_("直る書誌"),
}

REJECT_CODES: dict[str, str] = {
    "truncated": N_("途中で切れています"),
    "bad_leader": N_("レコードの先頭が読めません"),
    "bad_directory": N_("項目の目次が壊れています"),
    "bad_encoding": N_("文字が読めません"),
    "bad_subfield": N_("サブフィールドが壊れています"),
    "not_well_formed_xml": N_("XMLの書き方が正しくありません"),
    "unsafe_xml": N_("危険なXMLです"),
    "no_title": N_("書名がありません"),
    "unimarc": N_("UNIMARCは読めません"),
    "too_long": N_("長すぎます"),
    "not_marc": N_("MARCではありません"),
    "deleted": N_("削除されたレコードです"),
    "bad_archive": N_("圧縮ファイルが壊れています"),
    "not_stored": N_("保存できません"),
}
