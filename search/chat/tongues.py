"""In which language something is said, and forms of it that can be compared. Pure."""

from __future__ import annotations

import re
import unicodedata

LANGUAGES = ("ja", "en", "zh", "ko")

_HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
_KANA = re.compile(r"[ぁ-んァ-ヶｦ-ﾝ]")
_HAN = re.compile(r"[㐀-䶿一-鿿]")
_TITLE = re.compile(r"「[^」]*」|『[^』]*』|《[^》]*》|[“\"][^”\"]*[”\"]")
_SENTENCE = 2  # little words that make an English sentence
_LATIN = re.compile(r"[a-z]+")
# Letters and words of Chinese that Japanese does not write.
_CHINESE = re.compile(
    r"[吗呢嗎你您们們这這那哪么麼没沒给給请請谁誰圖]"
    r"|什么|我想|我要|我的|我家|有没有|可以|怎么|在哪|的书|的書|借书|借書|还书|還書|今天|明天|早上|谢谢|謝謝|推荐|推薦|多少|孩子|类似|類似"
)
_JAPANESE_ONLY = re.compile(r"[図読込働峠畑辻匂枠栃気対発竜売駅検験変関歩両乗帰戻択拠拡桜浅渋済渓経続縄絵緑総]")
_ENGLISH_WORDS = """
    the a an is are do does can could i my me you your have has what when where which who how why about for of in
    on to by book books hello hi hey thanks thank please any some open closed library card find show more near
    lost need want like looking hours today tomorrow english story stories
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())

_TRADITIONAL = (
    "書圖館嗎們這個還請給誰麼沒關於兒蟲龍適齡歲級繪傳記動魚鳥貓學習開門閉時間點幾號預約續證辦遺丟壞賠償電話網絡腦機車飛艦歷戰爭國際經濟錢稅"
    "語漢韓詞說話讀寫詩畫寫樂劇運動遊戲藝術設計醫藥護療養營體頭髮陽燈風雲氣災環保護態樹葉種農業鄉鎮區縣東區鐵軌橋樓築屬機構現實樣"
    "從來對錯聽視覺問題簡單難輕較為無與專門員務報導讓過進遠選擇邊際長張當歸應該總數據線絲織維紅綠藍黃鐘錶銀銅鋼鹽麵飯餅飲館課練師資"
    "親愛憶憂慮悶夢憲條約聯盟軍艙島嶼灣溝渠湯賽瑪麗亞愛廣場導遊覽簽護證兩並後裡裏隻雙愜類別顏豬雞鴨鵝馬驢獅貝蝦蟻蜂鯨鯊鷹鳳麥穀蘋蘿蔔"
    "譜賢澤龍歐陸極離開啟閱覽櫃檯聲響團圓彙編碼媽爺孫將舊蹟創傷藥齒頁損污滿載輛軟體離線務處詢諮託證據續費繳罰歡謝愛見兩萬億壓濕溫熱"
)
_SIMPLIFIED = (
    "书图馆吗们这个还请给谁么没关于儿虫龙适龄岁级绘传记动鱼鸟猫学习开门闭时间点几号预约续证办遗丢坏赔偿电话网络脑机车飞舰历战争国际经济钱税"
    "语汉韩词说话读写诗画写乐剧运动游戏艺术设计医药护疗养营体头发阳灯风云气灾环保护态树叶种农业乡镇区县东区铁轨桥楼筑属机构现实样"
    "从来对错听视觉问题简单难轻较为无与专门员务报导让过进远选择边际长张当归应该总数据线丝织维红绿蓝黄钟表银铜钢盐面饭饼饮馆课练师资"
    "亲爱忆忧虑闷梦宪条约联盟军舱岛屿湾沟渠汤赛玛丽亚爱广场导游览签护证两并后里里只双惬类别颜猪鸡鸭鹅马驴狮贝虾蚁蜂鲸鲨鹰凤麦谷苹萝卜"
    "谱贤泽龙欧陆极离开启阅览柜台声响团圆汇编码妈爷孙将旧迹创伤药齿页损污满载辆软体离线务处询咨托证据续费缴罚欢谢爱见两万亿压湿温热"
)
_FOLD = str.maketrans(_TRADITIONAL + "図関", _SIMPLIFIED + "图关")  # 図: names of our own places; both come from a Japanese keyboard


def detect(text: str, hint: str | None = None) -> str:
    """ja, en, zh or ko. `hint` decides where the letters leave it open: a lone title, a number."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    around = _TITLE.sub(" ", folded)
    folded = around if re.search(r"\w{2}", around) else folded
    known = hint if hint in LANGUAGES else None
    words = _LATIN.findall(folded)
    if sum(word in _ENGLISH for word in words) >= _SENTENCE:  # about a thing that is called otherwise: "the hours of 中央図書館"
        return "en"
    if _HANGUL.search(folded):
        return "ko"
    if _KANA.search(folded):
        return "ja"
    if _HAN.search(folded):
        return _of_kanji(folded, known)
    return "en" if any(word in _ENGLISH for word in words) else known or ("en" if words else "ja")


def _of_kanji(folded: str, known: str | None) -> str:
    if _CHINESE.search(folded) or not _is_written_in_japan(folded):
        return "zh"
    return "ja" if _JAPANESE_ONLY.search(folded) else known or "ja"


def _is_written_in_japan(text: str) -> bool:
    """Whether the letters are those of Japanese print; simplified Chinese ones are not among them."""
    return all(letter.encode("cp932", errors="ignore") for letter in _HAN.findall(text))


def fold(text: str, language: str) -> str:
    """Width, case and spaces made one; Chinese in simplified characters."""
    folded = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    folded = folded.replace("’", "'").replace("‘", "'")
    return folded.translate(_FOLD) if language == "zh" else folded
