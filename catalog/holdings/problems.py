"""What is wrong with a row: where the person sees it in the sheet, a code, and a sentence that says what to do."""

from __future__ import annotations

import msgspec

from library.errors import N_, Field

SENTENCES: dict[str, str] = {
    "barcode_missing": N_("バーコードがありません。"),
    "barcode_form": N_("バーコードに使えるのは40文字までの英数字と記号（- $ : / . + _）です。"),
    "barcode_is_isbn": N_("これは本に印刷されたバーコードです。図書館で貼ったバーコードを入れてください。"),
    "barcode_twice": N_("バーコード {barcode} は {first} 行目と同じです。"),
    "barcode_taken": N_("バーコード {barcode} は別の本「{title}」で使われています。"),
    "barcode_elsewhere": N_("バーコード {barcode} は「{branch}」の資料です。館を移すときは資料の画面で変えてください。"),
    "barcode_withdrawn": N_("バーコード {barcode} は除籍した資料のものです。"),
    "isbn_wrong": N_("ISBN「{isbn}」は桁数か検査数字が合いません。本の奥付と見くらべてください。"),
    "isbn_rounded": N_("ISBN「{isbn}」は表計算ソフトで丸められています。列を文字列にして保存し直してください。"),
    "isbn_unknown": N_("ISBN {isbn} の書誌がなく、書名もありません。書名を入れるか、先に書誌を取り込んでください。"),
    "book_unknown": N_("書名もISBNもないため、どの本か分かりません。"),
    "volume_unclear": N_("ISBN {isbn} の書誌が複数あります。巻次か書名を入れてください。"),
    "number_wrong": N_("「{value}」は金額として読めません。"),
    "price_range": N_("価格は0円から10,000,000円までの数で入れてください。"),
    "not_a_day": N_("「{value}」は日付として読めません。"),
    "flag_wrong": N_("「{value}」は「はい」か「いいえ」として読めません。○ か空欄にしてください。"),
    "too_long": N_("長すぎます（{limit}文字まで）。"),
    "shifted": N_("見出しより右に値があります。列がずれていないか確かめてください。"),
    "not_stored": N_("保存できません: {reason}"),
    "area_new": N_("配架場所「{area}」はまだありません。取り込むと新しく作られます。"),
}


class RowProblem(msgspec.Struct, frozen=True):
    """`row` as the sheet numbers it, `column` a name of COLUMNS or "". A problem that does not reject is only to be known."""

    row: int
    column: str
    code: str
    fields: dict[str, Field] = {}
    rejects: bool = True

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code]

    def __str__(self) -> str:
        return self.sentence.format(**self.fields)
