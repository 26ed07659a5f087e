"""What roles, permissions, categories and audited acts are called on a page."""

from __future__ import annotations

from library.errors import N_
from library.identity.roles import Permission, Role

ROLES: dict[Role, str] = {
    Role.TEACHER: N_("教員"),
    Role.SCHOOL_LIBRARIAN: N_("学校司書"),
    Role.DESK: N_("カウンター"),
    Role.CATALOGUER: N_("目録担当"),
    Role.COURIER: N_("巡回便"),
    Role.KIOSK: N_("自動貸出機"),
    Role.WARD_ADMIN: N_("区の管理者"),
}

PERMISSIONS: dict[Permission, str] = {
    Permission.SEE_PATRONS: N_("利用者を見る"),
    Permission.EDIT_PATRONS: N_("利用者を登録・変更する"),
    Permission.SEE_ITEMS: N_("所蔵を見る"),
    Permission.EDIT_ITEMS: N_("所蔵を変更する"),
    Permission.EDIT_RECORDS: N_("書誌を編集する"),
    Permission.IMPORT_RECORDS: N_("書誌を取り込む"),
    Permission.IMPORT_ITEMS: N_("所蔵を取り込む"),
    Permission.IMPORT_PATRONS: N_("利用者を取り込む"),
    Permission.MANAGE_STAFF: N_("職員を管理する"),
    Permission.SEE_AUDIT: N_("操作の記録を見る"),
    Permission.RUN_SERVICE: N_("サービスを運用する"),
    Permission.LEND: N_("貸出・返却をする"),
    Permission.OVERRIDE: N_("理由を書いて貸し出す"),
    Permission.EDIT_POLICIES: N_("貸出の規則を変える"),
    Permission.EDIT_PROCEDURES: N_("利用案内を書く"),
    Permission.ANSWER_QUESTIONS: N_("質問に答える"),
}

CATEGORIES: dict[str, str] = {
    "resident": N_("在住"),
    "commuter": N_("在勤"),
    "student": N_("在学"),
    "neighbour": N_("広域"),
    "child": N_("児童"),
    "group": N_("団体"),
    "school": N_("学校"),
    "pupil": N_("児童・生徒"),
    "teacher": N_("教職員"),
    "accessibility": N_("障害者サービス"),
    "interlibrary": N_("相互貸借館"),
    "staff": N_("職員"),
}

ACTS: dict[str, str] = {
    "account.signed_in": N_("ログインした"),
    "account.password_changed": N_("パスワードを変えた"),
    "account.created": N_("アカウントを作った"),
    "account.disabled": N_("アカウントを止めた"),
    "account.enabled": N_("アカウントを再開した"),
    "account.roles_changed": N_("役割を変えた"),
    "account.password_reset": N_("パスワードを再発行した"),
    "token.created": N_("トークンを作った"),
    "token.revoked": N_("トークンを取り消した"),
    "account.opened": N_("設定コードでパスワードを決めた"),
    "patron.registered": N_("利用者を登録した"),
    "patron.seen": N_("利用者の画面を見た"),
    "patron.seen_at_desk": N_("カウンターで利用者を開いた"),
    "patron.loans_seen": N_("貸出と予約を見た"),
    "loan.overridden": N_("理由を書いて貸し出した"),
    "renewal.overridden": N_("理由を書いて延長した"),
    "hold.overridden": N_("理由を書いて予約した"),
    "patron.changed": N_("利用者の登録を変えた"),
    "patron.renewed": N_("有効期限を変えた"),
    "patron.card_replaced": N_("カードを作り直した"),
    "patron.ended": N_("利用者の登録を終わりにした"),
    "patron.code_issued": N_("設定コードを出した"),
    "patron.code_taken_back": N_("設定コードを取り消した"),
    "patrons.searched": N_("利用者をさがした"),
    "patrons.imported": N_("利用者を取り込んだ"),
    "audit.seen": N_("操作の記録を見た"),
    "policy.added": N_("貸出の規則を加えた"),
    "policy.changed": N_("貸出の規則を変えた"),
    "policy.removed": N_("貸出の規則の行を消した"),
    "branch_group.made": N_("館のグループを作った"),
    "branch_group.changed": N_("館のグループを変えた"),
    "procedure.saved": N_("利用案内を書きかえた"),
    "procedure.published": N_("利用案内を公開した"),
    "procedure.withdrawn": N_("利用案内を下げた"),
    "procedure.checked": N_("利用案内を確かめた"),
    "procedures.imported": N_("利用案内を取り込んだ"),
    "question.seen": N_("届いた質問を見た"),
    "question.taken": N_("質問を引き受けた"),
    "question.answered": N_("質問に答えた"),
    "question.closed": N_("質問を終わりにした"),
}
