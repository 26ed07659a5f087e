"""Phrases that show what somebody wants, in four languages; in the order in which they are tried. Pure."""

# ruff: noqa: E501 - one pattern a line, however long it is
from __future__ import annotations

import re

from search.chat.plan import Intent


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


UNSAFE = _any(
    r"死にたい|自殺したい|消えてしまいたい|殺したい|爆弾(?:の|を)(?:作|つく)|自傷",
    r"kill (?:myself|someone|him|her)|suicid(?:e|al) (?!preven|book)|want to die|make a bomb|hurt myself",
    r"想死|自杀(?!的书|预防)|不想活|做炸弹|杀人",
    r"죽고 ?싶|자살하고|폭탄 만드",
)
OFF_TOPIC = _any(
    r"天気(?:は|を教|予報)|宿題(?:を|)(?:やって|して|解いて)|株価|翻訳して|計算して|プロンプト|命令を(?:無視|忘れ)|(?:これまで|上)の指示|ピザ|彼氏|彼女(?:に|が)|歌って|ニュースを教",
    r"what'?s the weather|weather (?:today|tomorrow|like|forecast)|tell me a joke|write (?:me )?(?:a|an|my) (?:essay|poem|code|story|homework)|translate (?:this|the)|system prompt"
    r"|ignore (?:all |the |your )?(?:previous|prior)|who will win|stock price|order (?:a )?pizza|do my homework",
    r"天气(?:怎么样|预报|如何)|讲(?:个|一个)笑话|写(?:一首|一篇|我的)|帮我翻译|忽略(?:之前|以上)|股价|帮我写作业",
    r"날씨(?: 어때|가|는 어)|농담|번역해|숙제(?:를)? (?:해|대신)|주가|이전 (?:지시|명령)",
)
HUMAN = _any(
    r"(?:職員|司書|係|担当|スタッフ|図書館の人|人間)(?:の人|の方|さん|者)?(?:に|と|へ)(?:聞|き[いく]|話|はなし|相談|つな|質問|代わ|かわ|お願|連絡|たず)|^(?:職員|司書|人)(?:さん)?(?:に|と|を)?(?:お願いします|話したい|呼んで)?$"
    r"|人と話|オペレーター|有人|相談したい",
    r"(?:talk|speak|chat|connect me) (?:to|with) (?:a |the |an )?(?:real |human |actual )?(?:person|human|librarian|staff|someone|somebody|agent)|ask (?:a|the) (?:librarian|staff)|real person|^human$|contact (?:the )?staff",
    r"人工(?!智能)|工作人员|(?:图书)?馆员|找(?:个)?真人|真人",
    r"(?:직원|사서|상담원|담당자)(?:분|님)?(?:과|와|에게|한테|이랑|을|를)? ?(?:이야기|얘기|상담|연결|말|문의|물어|불러)|사람(?:과|이랑|하고) (?:이야기|얘기|상담)",
)
GREETING = _any(
    r"^(?:こんにち[はわ]|こんばん[はわ]|おはよう(?:ございます)?|はじめまして|やあ|もしもし)$",
    r"^(?:hello|hi|hey|good (?:morning|afternoon|evening))(?: there)?$|^(?:你好|您好|早上好|晚上好|下午好|嗨)$",
    r"^(?:안녕(?:하세요|하십니까)?|반갑습니다)$",
)
THANKS = _any(
    r"^(?:どうも)?(?:ありがと(?:う)?(?:ございま(?:す|した))?|サンキュー|助かりました|わかりました|了解(?:です|しました)?)$",
    r"^(?:(?:ok|okay|great),? )?(?:thanks?(?: you)?(?: (?:so|very) much| a lot)?|thx|that'?s all|got it)$",
    r"^(?:(?:非常)?(?:谢谢|感谢)(?:你|您)?|多谢|知道了)$|^(?:감사(?:합니다|해요)|고마워(?:요)?|고맙습니다|알겠습니다)$",
)
MORE = _any(
    r"^(?:もっと(?:見(?:せて|たい)|ある|ほかに|ない)?|(?:ほか|他)(?:に(?:は|も)?(?:ある|あります|ない)?(?:か)?|の(?:本|もの)(?:は)?)|つづき|続き|次(?:の(?:ページ)?|は)?|もう少し)(?:を?(?:見せて|お願い(?:します)?|ください))?$",
    r"^(?:(?:show (?:me )?)?(?:more|others?|next)(?: (?:books?|results?|please|ones?|page))*|anything else|any (?:more|others?)|what else)$",
    r"^(?:(?:还有(?:别的|其他的|更多)?(?:吗|呢)?)|更多|(?:看)?下一页|别的(?:呢)?|再(?:来|看)(?:一些|几本)?)$",
    r"^(?:더(?: ?(?:보여 ?(?:줘|주세요)|있(?:나요|어요)|많이|볼래요))?|다른 (?:책|것)(?:은|도)?(?: ?(?:있(?:나요|어요)|보여 주세요))?|다음)$",
)
THAT_ONE = _any(
    r"^(?:その本|それ|これ|この本|一番目|最初の(?:本|の))(?:は|って|を|が)?",
    r"\b(?:is|are|where is|where's|can i borrow) (?:it|that one|that book|this book|the first one)\b|^(?:it|that one|the first one)$",
    r"^(?:这本(?:书)?|那本(?:书)?|它|第一本)",
    r"^(?:그 ?(?:책|것)|이 책|첫 ?번째)(?:은|는|이|을)?",
)
RULES = _any(
    r"何(?:冊|点)(?:まで)?(?:借り|予約)|何(?:日|週)間?(?:まで)?(?:借り|貸)|(?:いつまで|どのくらい)借り(?:て)?(?:ら|い(?:ら|い))|貸出(?:期間|冊数|点数)|どのくらいの期間",
    r"how many (?:books?|items?|things?|holds?|dvds?|cds?)(?: (?:can|may|could|am))|how long (?:can|may|could) i|(?:loan|borrowing|checkout) (?:period|limit|rules?)|borrowing limit",
    r"(?:可以|能|最多)(?:同时)?借(?:几|多少)|借(?:多久|几天|多长时间|阅期)|借期|(?:几|多少)本书?可以借",
    r"몇 ?(?:권|점)(?:까지)?|(?:며칠|몇 ?(?:일|주)|얼마나|얼마 ?동안)(?: ?(?:동안|간|까지|오래))? ?(?:빌릴|대출)|대출 ?(?:기간|권수|한도)",
)
RENEW = _any(
    r"(?:貸出|返却|返す日|期限|本)?(?:を|の)?(?:延長|のば(?:す|し|せ)|延ば(?:す|し|せ))|もう少し(?:長く)?借り|借り続け",
    r"\brenew(?:al|ing)?\b(?! (?:my )?(?:library )?card)|extend (?:my|the|a)? ?(?:loan|due|book|borrow)|keep (?:it|them|my books?|the books?) longer",
    r"续借|续期|延(?:长|期)(?!卡)",
    r"연장|더 오래 빌",
)
PROCEDURE = _any(
    r"カード(?:を|が|の)?(?:.{0,8})?(?:なく|無く|失く|紛失|落と|作|つく|更新|期限|切れ|見つから|忘れ)|利用者?(?:カード|登録)|登録(?:したい|する|の|方法)|引っ?越|住所(?:が|を|の)?(?:変|かわ)|パスワード|ログインでき",
    r"本(?:を|が)(?:.{0,4})?(?:なく|無く|失く|汚|よご|破|やぶ|濡|ぬら|こわ|壊)|弁償|(?:返却)?(?:ポスト|ボックス)|どこ(?:で|に)(?:返|かえ)(?:せ|し|却)?|返し方|返却(?:場所|方法|したい|するに|は(?:どこ|どう))|本を返(?:し|す)|トイレ|お手洗い|授乳|ロッカー|エレベーター|(?:ほか|別|他)の(?:図書)?館(?:で|に)(?:返|かえ)",
    r"いくら(?:です|かか|ですか|$)|料金|(?:有料|無料)(?:です|か|$|で(?:す|借|使))|寄付|寄贈|イベント|おはなし会|お話し?会|読み聞かせ会|講座|パソコン(?:は|が|を|で)?(?:使|借)|\bpcは?(?:使|借|あり|ある)|印刷|プリント(?:アウト)?(?:でき|し)|連れて(?:行|い|来|き|入)|ベビーカー|求人|働きたい|アルバイト|ボランティア"
    r"|閉館(?:後|時|中)?(?:に|でも|も)返(?:せ|し|却)|休館(?:日|中)(?:に|でも|も)?返(?:せ|し|却)",
    r"予約(?:の(?:仕方|しかた|方法)|(?:を)?(?:する(?:に|方法)|したい|取り消|キャンセル|やめ)|(?:は|って)?どう)|(?:受け取り|受取|うけと)(?:り)?(?:方法|場所|方)?(?:を|は|に|方|れ|たい)|コピー|複写|wi-?fi|ワイファイ|自習|勉強(?:でき|する(?:部屋|場所|席))|座席",
    r"団体貸|リクエスト(?:したい|方法|の|は|でき)|(?:ない|無い)本を|購入(?:希望|リクエスト)|相互貸借|ほかの(?:区|市|町)|取り寄せ|マイナンバー|個人情報|プライバシー|(?:障害|障がい)(?:が|の|者)(?:ある|あっても|方|サービス)|対面朗読|郵送|忘れ物|落とし物|わすれもの|問い?合わせ|電話番号|利用案内|使い方"
    r"|延滞|(?:返却|期限|返す)(?:が|に|の|を)?(?:.{0,4})?(?:遅れ|おくれ|過ぎ|すぎ|忘れ)|罰金|手続|飲食|食べ物を|駐車場|駐輪|電子書籍(?:は|の|を)(?:どう|使い|借り(?:方|る)|読み方)|学校(?:で|に)(?:受け取|うけと|届)|車いす|車椅子",
    r"(?:lost|lose|stolen|misplaced|can'?t find|get|make|need|apply for|sign up for|renew|replace|forgot|new)(?: (?:a|my|the|new|library|for))* card|card (?:is )?(?:expired|lost|stolen)|library card|register|sign ?up|password|pin\b|change (?:of|my) address|moved (?:house|to)|i(?:'ve| have)? moved",
    r"(?:lost|damaged|ruined|spilled|tore|broke)(?: .{1,20})? (?:book|dvd|cd)|book (?:is|got) (?:lost|damaged|wet|torn)|where (?:can|do|should) i return|return (?:a )?(?:books?|box|it|them)(?: (?:at|to|somewhere|elsewhere))|(?:book )?drop|return box|how (?:do|can|to) (?:i )?(?:place a hold|reserve|place holds|make a reservation|return|cancel|pick up|use)|cancel (?:a|my) (?:hold|reservation)"
    r"|pick ?(?:it |them |my hold )?up|photocop|\bcopy\b(?! of)|\bcopies\b(?! of)|wi-?fi|study (?:room|space|area|desk|seat)|late (?:fee|return|fine)|\bfines?\b|\boverdue\b|interlibrary|from other librar|suggest a (?:book|purchase)|request a (?:book|purchase|title)|buy a book|personal (?:data|information)|privacy|disabilit|wheelchair|lost (?:property|and found)|left my|phone number|contact|parking|toilets?|restroom|bathroom|locker|elevator|eat or drink|how (?:do|can) i (?:use|read|borrow) (?:the )?e-?books?|my number card"
    r"|(?:can|may|could) (?:a |an )?(?:tourists?|visitors?|foreigners?|non-?residents?|anyone|everyone) (?:borrow|use|join|get|register)|\bdonat(?:e|ing|ion)|story ?time|\bevents?\b(?! in)|use (?:a |the )?(?:computers?|pcs?)\b|\bprint(?:ing|er)?\b(?! (?:book|run))|volunteer|jobs? at the library|is it free",
    r"(?:借书|借阅|图书|图书馆)?(?:卡|证)(?:.{0,6})?(?:丢|掉|遗失|不见|办|补|挂失|过期|更新|找不到)|(?:办|补|申请|办理)(?:.{0,6})?(?:卡|证)|注册|密码|搬家|地址(?:变|改)|(?:书|图书)(?:.{0,4})?(?:丢|弄坏|弄丢|弄脏|损坏|破|湿)|弄(?:丢|坏|脏)了?(?:.{0,4})?书|赔偿|(?:在)?哪里?(?:可以|能)?还书|还书(?:箱|地点)|(?:怎么|如何)(?:预约|还书|取书|借|取消|使用|办)|预约(?:方法|流程)|取消预约|复印|无线|wi-?fi|自习|逾期|罚款|超期|馆际|荐购|个人信息|隐私|残障|轮椅|失物|厕所|洗手间|电梯|电话号码|联系方式|停车|电子书(?:怎么|如何)|捐(?:书|赠|献)|(?:有|什么)活动|打印|(?:用|使用)电脑|(?:外国人|游客|旅客|观光客)(?:也)?(?:可以|能)|收费|免费",
    r"(?:카드|회원증|대출증|이용증)(?:을|를|이|가|은|는)?(?:.{0,6})?(?:잃|분실|만들|발급|재발급|갱신|만료|찾을)|회원 ?가입|등록(?:하|은|방법)|비밀번호|이사|주소(?:가|를)?(?: ?변|.{0,3}바)|책(?:을|이)? ?(?:.{0,6})?(?:잃어|분실|훼손|찢|젖|망가|더럽)|변상|반납(?:함|하는 곳|은 어디|.{0,3}방법|.{0,3}어디)|어디(?:에|에서|서|에다)? 반납|예약(?:하려면|하는 ?(?:법|방법)|은 어떻게|방법|.{0,3}취소|을 하고)|(?:수령|찾으러|받으려|받을)|복사|와이파이|wi-?fi|자습|열람실|공부할|연체|상호대차|희망 ?도서|개인정보|장애인|휠체어|분실물|화장실|엘리베이터|전화번호|문의처|주차|기증|행사|프린트|출력|컴퓨터(?:를)? ?(?:쓸|사용)|(?:외국인|관광객|여행자|방문객)(?:도|은|이|들도)|무료|요금|얼마예요|전자책(?:은|을|.{0,4})? ?(?:어떻게|이용)",
)
# The day's papers, which are read in the house: where they lie, and no book about them.
NEWSPAPERS = _any(
    r"^(?:(?:今日|本日|今朝|きょう|昔|過去|外国|英語)の|古い|英字|朝日|読売|毎日|日本経済|日経|産経|東京|地方|スポーツ|(?:子ども|こども|小学生)(?:の)?)?新聞(?:や雑誌|・雑誌|と雑誌)?(?:$|(?:は|が|を|って|の|も)?(?:どこ|どれ|何|なに|読(?:み|め|む)|よ(?:み|め)る?|あり|ある|置|おいて|見(?:たい|ら|れ)|コーナー|バックナンバー|縮刷|記事を(?:探|さが|読)))",
    r"^(?:where (?:are|is|can i (?:find|read|see)) |(?:can|may) i read |do you (?:have|get) |(?:are|is) there |i(?:'d like| want) to read )?(?:(?:the|any|an?|today'?s|old|daily|local|foreign|japanese|english|chinese|korean)(?:[- ]language)? )*newspapers?(?: (?:here|to read|area|corner|room|section))?$",
    r"^(?:请问)?(?:在?哪(?:里|儿))?(?:可以|能)?(?:有没有|有|看|读)?(?:今天的|旧)?报纸(?:在(?:哪(?:里|儿)?|什么地方))?(?:可以看)?(?:吗|呢)?$",
    r"^(?:오늘 |지난 |옛날 )?신문(?:은|이|을|도)?(?: ?(?:어디|있|읽|볼|보고).{0,12})?$",
)
MY_HOLDS = _any(
    r"(?:予約|リクエスト)(?:した|し(?:て|てい)る|中の)?(?:本|もの|資料)?(?:は|が|の)?(?:.{0,6})?(?:いつ|順番|何番|何人|状況|届|とど|来(?:た|て|る)|用意|確認|一覧|どうなっ|取り置|まだ)|(?:わたし|私|僕|ぼく|うちの子|子ども|自分)の予約|取り置き(?:の)?(?:本|期限)",
    r"\bmy (?:holds?|reservations?|reserved|requests?)\b|(?:books?|items?) (?:i|that i) (?:reserved|have on hold|requested)",
    r"我(?:的|预约的|预约)(?:.{0,4})?(?:预约|书到|到了)|预约(?:的书)?(?:到|排|轮|情况|状态)",
    r"(?:내|제|저의|아이) ?예약|예약(?:한)? ?(?:책|도서|자료)?(?:은|이|는)?(?:.{0,4})?(?:언제|순서|상태|확인|도착|왔|몇 ?번)",
)
MY_LOANS = _any(
    r"(?:借|か)りて(?:い)?る(?:本|ほん|もの|の|資料|図書|ん)|(?:借|か)りた(?:本|ほん)|借りている|(?:何冊|なに|何を?)借りて(?:い)?[るま]|返却(?:期限|日|予定)|いつまでに?(?:返|かえ)|(?:いつ|何日)(?:まで)?(?:に)?(?:返|かえ)(?:す|せ|却|し)|返す日|期限(?:は|が|を|いつ)|(?:わたし|私|僕|ぼく|うちの子|子ども|こども|息子|娘|自分)(?:の|が借りた)本(?:は|の|って)?(?:.{0,4})?(?:いつ|何|期限|返)",
    r"what'?s due|what is due|(?:when|what day) (?:is|are|do|should|must)(?: .{1,30})? (?:due|return|be returned)|due (?:date|back|when|soon)|\bmy (?:loans?|checkouts?|borrowed|books?|library books?)\b|(?:my|our) (?:son|daughter|kid|child|children)(?:'?s)? (?:books?|loans?)(?=.*due|.*return|.*borrowed|$)|(?:have|did|do) (?:i|we) (?:got )?(?:borrow(?:ed)?|have out|checked out|have checked out|on loan)|i(?:'ve| have) borrowed|checked out to me",
    r"(?:我|孩子|女儿|儿子|我们)(?:.{0,3})?借(?:了|的)(?:.{0,6})?|(?:什么时候|几号|哪天|何时)(?:要|该|应该|必须)?(?:还|归还|到期)|还书(?:日期|期限|日|时间)|到期|我的(?:借阅|书)",
    r"(?:내가|제가|우리 ?아이가?|아이가|딸이|아들이)? ?빌린 ?(?:책|것|도서)|대출 ?(?:현황|중인|목록|내역)|반납 ?(?:일|기한|예정|날짜)|(?:언제|며칠)(?:까지)? ?반납|내 (?:대출|책)",
)
HOURS = _any(
    r"開(?:い|館|く|ける)|ひらい|あいて(?:い)?(?:る|ます)|閉ま|閉館|休館|(?:お)?休み(?!の(?:本|宿題|自由|前|間|絵))|営業|\bkaikan ?(?:jikan|bi)?\b|\bkyu+kan(?: ?bi)?\b|\bnan ?ji\b|\baite(?:i?ru|i?masu)\b|(?<!を)やって(?:い)?(?:ます|る)(?:か|の)?$|何時",
    r"\b(?:open(?:ing|s)?|clos(?:e|es|ed|ing)|hours)\b",
    r"开(?:门|馆|放|吗|不开)|闭馆|关门|休馆|几点|营业|开着",
    r"(?:문|도서관)?(?:을|이|은)? ?(?:여(?:나|는|시)|엽니|열(?:어|려|었|리)|닫(?:나|아|혀|는))|휴관|개관|운영 ?시간|몇 ?시|쉬(?:나|는)|영업",
)
WHAT_TIME = _any(r"何時|時間|いつ(?:まで|から)|\b(?:what time|hours|when|until|till)\b|几点|时间|什么时候|몇 ?시|시간|언제")
NEW_ARRIVALS = _any(
    r"新着|新しく(?:入|はい)(?:っ|り)|新刊|新しい本|新入荷|\bnew(?:ly)? (?:arriv(?:als?|ed)|acquisitions?|releases?|books?|titles?|added)|recently added|what'?s new|新书|新到|新上架|新进|신간|신착|새로 (?:들어온|나온|온)|새 책",
)
LIKE = _any(
    r"(?:(?<![読飲頼住])みたい(?:な|$)|のような|(?:に|と)似(?:た|て(?:い)?る)|っぽい|に近い)(?:感じの)?(?:本|お?話|小説|物語|もの|作品)?",
    r"(?:similar to|something like|(?:books?|anything|stories|more) like)\b|if i (?:liked|enjoyed|loved)|\bi (?:liked|loved|enjoyed)\b",
    r"(?:类似|像|和)(.{1,30}?)(?:类似|一样|那样|差不多)?(?:的书|的小说|的故事|的绘本)$|类似",
    r"(?:과|와|이랑|랑)? ?비슷한|(?<=[가-힣]) ?같은 (?=책|소설|이야기|동화)|처럼 재미",
)
WHERE = _any(
    r"どこ(?:に|で|です|$|の棚|か|な)|どの棚|何階|場所|住所|行き方|アクセス|地図(?:を見|が見)|道順",
    r"\bwhere(?:'s| is| are| can| do)?\b|\baddress\b|how (?:do|can) i get to|directions|which (?:shelf|library|branch|floor)",
    r"在(?:哪(?:里|儿|个)?|什么地方)|哪(?:里|儿)|地址|怎么(?:去|走)|几楼",
    r"어디|주소|위치|찾아가|가는 (?:길|법)|몇 ?층",
)
CAN_BE_HAD = _any(
    r"借り(?:ら)?れ(?:ます|る)|貸(?:出|し出し)(?:中|可)|在庫|空いて|(?:いま|今)ありますか",
    r"\bavailable\b|can i (?:borrow|check out|get)|in stock|checked out\?|is .* (?:in|out)\?$|on loan",
    r"(?:能|可以|可)(?:不能)?(?:马上|现在)?借|在架|借得到|外借|有没有被借",
    r"빌릴 ?수|대출 ?(?:가능|중|할 수)|있는 상태",
)
ABOUT_BOOKS = _any(
    r"(?:(?<!図書館)の|に関する|についての?|が出てくる|向けの|むけの|が学べる|がわかる|が書いた|の出てくる)(?:本|ほん|絵本|えほん|図鑑|小説|物語|資料|伝記|雑誌|漫画)|(?:本|絵本|小説|図鑑)(?:を|が)?(?:探|さが|捜|読みた|おすすめ)|自由研究|調べ学習|感想文",
    r"\bbooks? (?:about|on|for|by|to help|like|similar)|\b(?:novels?|stories|biograph(?:y|ies)) (?:about|on|of|by)|picture books?",
    r"(?:关于|有关)|的(?:绘本|小说|传记|书(?!丢|到|什么))|(?<![借还看读])书(?:吗|推荐)$",
    r"(?:에 ?(?:대한|관한)|관련(?:된)?|위한) ?(?:책|도서|그림책|소설)|(?:책|도서|그림책|소설)(?:을|이)? ?(?:찾|추천|있)",
)

# Tried in this order; the first that fits is meant. Whole sentences before phrases, a person's own affairs before the house's.
ORDERED: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.UNSAFE, UNSAFE),
    (Intent.OFF_TOPIC, OFF_TOPIC),
    (Intent.HUMAN, HUMAN),
    (Intent.GREETING, GREETING),
    (Intent.THANKS, THANKS),
)
HOUSE: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    (Intent.PROCEDURE, RULES),
    (Intent.RENEW_HOW, RENEW),
    (Intent.MY_HOLDS, MY_HOLDS),
    (Intent.PROCEDURE, PROCEDURE),
    (Intent.MY_LOANS, MY_LOANS),
)
