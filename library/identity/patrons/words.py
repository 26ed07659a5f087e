"""What somebody can choose at registration, with the words for it."""

from __future__ import annotations

from library.errors import N_

PROOFS: dict[str, str] = {
    "licence": N_("運転免許証"),
    "number_card": N_("マイナンバーカード（番号は控えない）"),
    "insurance": N_("健康保険資格確認書"),
    "student": N_("学生証"),
    "employee": N_("社員証"),
    "bill": N_("公共料金の領収書"),
    "none": N_("不要（小学生以下など）"),
    "other": N_("その他"),
}

CONTACTS: dict[str, str] = {
    "mail": N_("メール"),
    "line": N_("LINE"),
    "phone": N_("電話"),
    "none": N_("不要"),
}

REVOKED: dict[str, str] = {
    "lost": N_("紛失"),
    "damaged": N_("破損"),
    "other": N_("その他"),
}
