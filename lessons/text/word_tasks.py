"""Eight small tasks to show to a model by examples: words and sentences of ours, each with one right answer.

    TASKS["opposites"].held_out[0]      # ("fast", "slow")
    TASKS["opposites"].pool[0]          # ("hot", "cold"), one to show

What is asked (`held_out`) and what is shown (`pool`) share no question, and in the tasks of words not one word. Where
a language allows two answers the word was left out, or for a sentence the smallest correction counts. The sentences
stand in `sentence_tasks`.
"""

import re
from dataclasses import dataclass

from lessons.text.sentence_tasks import GRAMMAR, GRAMMAR_POOL, NEGATIVE, POSITIVE, SENTIMENT_POOL

Example = tuple[str, str]
"""A question and its answer, each a line of text."""


@dataclass(frozen=True)
class Task:
    """One task: how to speak of it, what to show, and what to ask."""

    name: str
    title: str  # for people
    instruction: str  # for the model, where a prompt has one
    input_label: str  # in front of a question
    output_label: str  # in front of an answer
    pool: tuple[Example, ...]  # the shots are drawn from these
    held_out: tuple[Example, ...]  # these are asked, and never shown


def _pairs(text: str) -> tuple[Example, ...]:
    """What is written below as `question > answer`, with a semicolon or a new line between two."""
    found = [re.split(" > ", piece.strip()) for piece in re.split("[;\n]", text) if piece.strip()]
    return tuple((question, answer) for question, answer in found)


def _opinions(positive: str, negative: str) -> tuple[Example, ...]:
    """Sentences, one a line, with their opinion; now a good one and now a bad one."""
    good, bad = ([line.strip() for line in text.strip().splitlines()] for text in (positive, negative))
    return tuple(pair for a, b in zip(good, bad, strict=True) for pair in ((a, "positive"), (b, "negative")))


OPPOSITES_POOL = _pairs("""
    hot > cold; big > small; up > down; day > night; open > closed; good > bad; left > right; black > white
    rich > poor; young > old; wet > dry; happy > sad; over > under; come > go
""")
OPPOSITES = _pairs("""
    fast > slow; long > short; wide > narrow; thick > thin; heavy > light; deep > shallow; strong > weak; full > empty
    clean > dirty; early > late; first > last; true > false; alive > dead; male > female; north > south; east > west
    above > below; inside > outside; before > after; always > never; everything > nothing; everybody > nobody
    more > less; most > least; high > low; near > far; loud > quiet; rough > smooth; push > pull; buy > sell
    give > take; question > answer; remember > forget; love > hate; laugh > cry; succeed > fail; increase > decrease
    import > export; maximum > minimum; positive > negative; major > minor; public > private; guilty > innocent
    victory > defeat; war > peace; heaven > hell; summer > winter; beginning > end; top > bottom; front > back
    husband > wife; brother > sister; boy > girl; mother > father; friend > enemy; ancient > modern; attack > defend
    vertical > horizontal; expensive > cheap; optimist > pessimist; cause > effect; internal > external
    ascend > descend; winner > loser; majority > minority; life > death; tight > loose; tomorrow > yesterday
""")

PLURALS_POOL = _pairs("""
    book > books; dog > dogs; table > tables; apple > apples; fly > flies; puppy > puppies; match > matches
    dress > dresses; peach > peaches; elf > elves; donkey > donkeys; radio > radios; policeman > policemen
    flower > flowers
""")
PLURALS = _pairs("""
    child > children; man > men; woman > women; foot > feet; tooth > teeth; goose > geese; mouse > mice
    ox > oxen; leaf > leaves; knife > knives; wife > wives; life > lives; wolf > wolves
    half > halves; shelf > shelves; loaf > loaves; thief > thieves; calf > calves; city > cities; baby > babies
    lady > ladies; story > stories; country > countries; family > families; party > parties; berry > berries
    cherry > cherries; butterfly > butterflies; box > boxes; bus > buses; dish > dishes; church > churches
    watch > watches; bench > benches; glass > glasses; class > classes; kiss > kisses; fox > foxes; brush > brushes
    wish > wishes; potato > potatoes; tomato > tomatoes; hero > heroes; echo > echoes; crisis > crises
    analysis > analyses; phenomenon > phenomena; criterion > criteria; bacterium > bacteria; key > keys; day > days
    monkey > monkeys; toy > toys; car > cars; house > houses; tree > trees; river > rivers; photo > photos
    piano > pianos; window > windows; teacher > teachers; roof > roofs; chief > chiefs
""")

PAST_TENSE_POOL = _pairs("""
    sing > sang; play > played; do > did; try > tried; hope > hoped; become > became; dig > dug; spin > spun
    lend > lent; drop > dropped; jump > jumped; forgive > forgave; sweep > swept; call > called
""")
PAST_TENSE = _pairs("""
    go > went; see > saw; eat > ate; run > ran; take > took; come > came; give > gave; make > made; know > knew
    think > thought; bring > brought; buy > bought; catch > caught; teach > taught; fight > fought; seek > sought
    find > found; hold > held; stand > stood; write > wrote; drive > drove; ride > rode; rise > rose; speak > spoke
    break > broke; choose > chose; freeze > froze; steal > stole; wear > wore; begin > began; drink > drank
    swim > swam; ring > rang; sit > sat; sleep > slept; keep > kept; feel > felt; leave > left; meet > met
    send > sent; spend > spent; build > built; lose > lost; win > won; tell > told; sell > sold; say > said
    pay > paid; hear > heard; draw > drew; fly > flew; grow > grew; throw > threw; blow > blew; forget > forgot
    shake > shook; hide > hid; bite > bit; fall > fell; walk > walked; stop > stopped; carry > carried; cry > cried
    live > lived; wait > waited; need > needed
""")

CAPITALS_POOL = _pairs("""
    Bulgaria > Sofia; Kenya > Nairobi; Peru > Lima; Vietnam > Hanoi; Ireland > Dublin; Egypt > Cairo; Cuba > Havana
    New Zealand > Wellington; Lebanon > Beirut; Latvia > Riga; Armenia > Yerevan; Senegal > Dakar; Nepal > Kathmandu
""")
CAPITALS = _pairs("""
    France > Paris; Germany > Berlin; Italy > Rome; Spain > Madrid; Portugal > Lisbon; Austria > Vienna
    Belgium > Brussels; Denmark > Copenhagen; Sweden > Stockholm; Norway > Oslo; Finland > Helsinki; Poland > Warsaw
    Hungary > Budapest; Greece > Athens; Turkey > Ankara; Russia > Moscow; Romania > Bucharest; Croatia > Zagreb
    Serbia > Belgrade; Slovenia > Ljubljana; Slovakia > Bratislava; Iceland > Reykjavik; Estonia > Tallinn
    Lithuania > Vilnius; Albania > Tirana; Belarus > Minsk; Japan > Tokyo; China > Beijing; India > New Delhi
    Thailand > Bangkok; Cambodia > Phnom Penh; Laos > Vientiane; Philippines > Manila; Malaysia > Kuala Lumpur
    Bangladesh > Dhaka; Pakistan > Islamabad; Afghanistan > Kabul; Iran > Tehran; Iraq > Baghdad; Syria > Damascus
    Jordan > Amman; Qatar > Doha; Libya > Tripoli; Morocco > Rabat; Ethiopia > Addis Ababa; Uganda > Kampala
    Ghana > Accra; Zambia > Lusaka; Zimbabwe > Harare; Angola > Luanda; Canada > Ottawa; Jamaica > Kingston
    Argentina > Buenos Aires; Chile > Santiago; Ecuador > Quito; Venezuela > Caracas; Uruguay > Montevideo
    Australia > Canberra; Cyprus > Nicosia; Georgia > Tbilisi; Azerbaijan > Baku; Uzbekistan > Tashkent
    Somalia > Mogadishu; Sudan > Khartoum; Rwanda > Kigali; Mali > Bamako
""")

ENGLISH_FRENCH_POOL = _pairs("""
    pear > poire; rabbit > lapin; bee > abeille; garden > jardin; roof > toit; shoe > chaussure; ten > dix
    twelve > douze; iron > fer; goat > chèvre; lemon > citron; goodbye > au revoir; thank you > merci
    bottle > bouteille
""")
ENGLISH_FRENCH = _pairs("""
    cheese > fromage; bread > pain; water > eau; milk > lait; wine > vin; apple > pomme; house > maison; dog > chien
    cat > chat; horse > cheval; bird > oiseau; fish > poisson; tree > arbre; flower > fleur; sun > soleil; moon > lune
    star > étoile; sky > ciel; sea > mer; mountain > montagne; book > livre; school > école; church > église
    street > rue; king > roi; queen > reine; man > homme; woman > femme; brother > frère; mother > mère; father > père
    friend > ami; hand > main; head > tête; nose > nez; mouth > bouche; tooth > dent; door > porte; window > fenêtre
    bed > lit; chair > chaise; knife > couteau; cup > tasse; night > nuit; week > semaine; month > mois
    winter > hiver; summer > été; rain > pluie; snow > neige; wind > vent; fire > feu; red > rouge; white > blanc
    black > noir; green > vert; yellow > jaune; five > cinq; seven > sept; eight > huit; butter > beurre; salt > sel
    sugar > sucre; meat > viande; cow > vache; bridge > pont; island > île; peace > paix; yesterday > hier
    never > jamais; wolf > loup; honey > miel
""")

REPLACEMENT_POOL = _pairs("""
    w*ndow > window; ap*le > apple; sch*ol > school; yell*w > yellow; gar*en > garden; d*ctor > doctor
    mon*ey > monkey; or*nge > orange; pap*r > paper; summ*r > summer; tea*her > teacher; br*ther > brother
    k*tchen > kitchen
""")
REPLACEMENT = _pairs("""
    h*use > house; w*ter > water; fl*wer > flower; m*ther > mother; gr*en > green; wint*r > winter; sug*r > sugar
    ch*ese > cheese; tr*in > train; riv*r > river; mo*ntain > mountain; *lephant > elephant; stud*nt > student
    mu*ic > music; pi*no > piano; doll*r > dollar; h*spital > hospital; ans*er > answer; quest*on > question
    m*rning > morning; even*ng > evening; for*st > forest; isl*nd > island; bri*ge > bridge; ki*gdom > kingdom
    l*brary > library; pict*re > picture; c*mputer > computer; teleph*ne > telephone; l*nguage > language
    hist*ry > history; sci*nce > science; fr*edom > freedom; p*ople > people; ch*ldren > children; fam*ly > family
    w*man > woman; he*ven > heaven; th*nder > thunder; r*inbow > rainbow; diff*cult > difficult
    *mportant > important; b*autiful > beautiful; t*gether > together; tomorr*w > tomorrow; yester*ay > yesterday
    s*ster > sister; daug*ter > daughter; neigh*our > neighbour; bre*kfast > breakfast; choc*late > chocolate
    p*tato > potato; str*wberry > strawberry; t*ger > tiger; butterf*y > butterfly; sp*der > spider
    *ngland > England; Eur*pe > Europe; Janu*ry > January; Sat*rday > Saturday; hun*red > hundred
    mill*on > million; ei*ht > eight; p*rple > purple; sil*er > silver; coun*ry > country
""")


_ALL = (
    ("opposites", "Opposites", "Write the opposite.", "Word:", "Opposite:", OPPOSITES_POOL, OPPOSITES),
    ("plurals", "Plurals", "Write the plural.", "Singular:", "Plural:", PLURALS_POOL, PLURALS),
    ("past-tense", "Past tense", "Write the past tense.", "Verb:", "Past tense:", PAST_TENSE_POOL, PAST_TENSE),
    ("capitals", "Capitals", "Name the capital.", "Country:", "Capital:", CAPITALS_POOL, CAPITALS),
    (
        *("english-french", "English to French", "Translate English to French.", "English:", "French:"),
        *(ENGLISH_FRENCH_POOL, ENGLISH_FRENCH),
    ),
    (
        *("sentiment", "Praise or blame", "Say whether the review is positive or negative.", "Review:", "Opinion:"),
        *(_opinions(*SENTIMENT_POOL), _opinions(POSITIVE, NEGATIVE)),
    ),
    (
        *("grammar", "Correct English", "Correct the sentence.", "Poor English:", "Good English:"),
        *(_pairs(GRAMMAR_POOL), _pairs(GRAMMAR)),
    ),
    (
        *("replacement", "One letter is a star", "Write the word with its missing letter.", "Word with *:", "Word:"),
        *(REPLACEMENT_POOL, REPLACEMENT),
    ),
)

TASKS: dict[str, Task] = {row[0]: Task(*row) for row in _ALL}
"""Every task by its name."""
