"""What the source does not say of a product: its category, its tags and its stock.

The category and the tags are read off the name with ordered tables of words. The stock is invented: a level and
a threshold that depend only on the SKU and on what it sold lately, so that every load gives the same.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

OTHER = "Other"
MOST_TAGS = 3

# The first row with a word of the name gives the category: whole phrases that single words would misread, then the
# occasion, then the thing itself, and the motif last. A plural is found by its singular.
_CATEGORIES: tuple[tuple[str, str], ...] = (
    (
        "Christmas & Seasonal",
        "christmas, xmas, advent, reindeer, santa, snowflake, snowman, bauble, noel, rudolph, nativity, holly, tinsel",
    ),
    ("Christmas & Seasonal", "easter, halloween, valentine, mistletoe, jingle bell, christmas stocking, white skull"),
    ("Home Textiles", "cushion, filler pad, hot water bottle, doorstop, doormat, quilt, throw, tablecloth, curtain, rug, blanket"),
    (
        "Kitchen & Baking",
        "tea towel, teatowel, oven glove, washing up, apron, chopping board, storage jar, cake tin, tea cosy, kitchen scales",
    ),
    ("Wall Art & Clocks", "metal sign, door sign, sign, wall art, clock, number tile, photo frame, photoframe, canvas"),
    (
        "Bags & Accessories",
        "shopping bag, lunch bag, jumbo bag, storage bag, shoulder bag, tote bag, passport, luggage, keyring, key ring, sock",
    ),
    (
        "Cards, Wrap & Party",
        "gift bag, party bag, gift box, gift tape, gift tag, wrap, greeting card, card, postcard, ribbon, tag, birthday, "
        "balloon, bunting, party, paper chain, honeycomb, straw, cake case, confetti, garland, paper plate, paper cup, "
        "napkin, invite, rosette, envelope, voucher, paper lantern, cocktail parasol, tissue paper, cones, paper craft, "
        "popcorn holder, matches",
    ),
    (
        "Jewellery",
        "necklace, neckl, bracelet, braclet, earring, brooch, pendant, bangle, choker, tiara, charm, hoop, hair, "
        "hairclip, hairslide, hairband, lariat, diamante, ring, bead, jewelled, bobble, hatpin",
    ),
    (
        "Toys & Craft",
        "toy, game, jigsaw, doll, playing cards, spinning top, skipping rope, teddy, puzzle, domino, rattle, skittle, "
        "magic, marble, kite, glider, feltcraft, knitting, sewing, craft, crayon, dinosaur, ludo, pony, colouring, patch, "
        "top trump, yo yo, bingo, snake, building block, hobby horse, clicker, harmonica, childs, child's, children, "
        "childrens, children's, baby, boys, girls, kids, crochet, robot, tattoo, drawing, putty, stress ball, rocket, "
        "rocking horse, whistle, helicopter, inflatable, stencil, piano, paint your own",
    ),
    (
        "Bags & Accessories",
        "bag, shopper, handbag, backpack, rucksack, suitcase, washbag, purse, wallet, umbrella, travel, cosmetic, "
        "sunglasses, glasses case, glove, scarf, slipper, flip flop, shawl, hat, rain mac, rain hat, key fob, mobile "
        "phone, phone, ipod, ear muff, pashmina, boa, compact mirror",
    ),
    (
        "Candles & Lighting",
        "candle, t-light, tealight, lantern, light, lamp, lampshade, chandelier, votive, candleholder, candlestick, "
        "candlepot, wick, nightlight, candelabra, hurricane, torch, shade",
    ),
    (
        "Bath & Fragrance",
        "soap, bath, bathroom, flannel, shower, towel, scent, scented, incense, lavender, fragrance, potpourri, tissue, "
        "toilet, oil burner, room spray, sponge, lip gloss, balm, hand warmer, eau, perfume, massage, nail, toothbrush, "
        "first aid, plaster",
    ),
    (
        "Kitchen & Baking",
        "baking, spatula, jam, recipe, kitchen, pantry, cutter, mould, jelly, scales, measuring, frying pan, milk pan, "
        "egg, ice cream, bread, biscuit, rolling pin, jar, spice, coffee, corkscrew, opener, colander, cake, cakestand, "
        "muffin, cupcake, caddy, sugar, lunch box, snack, spoon, fridge, sandwich, lolly, flask, teatime, cookie, oven "
        "mitt, toast, toastrack, butter dish, herb tin, squeezer",
    ),
    (
        "Tableware",
        "mug, cup, teacup, saucer, plate, bowl, teapot, tea set, teaset, jug, glass, coaster, placemat, place mat, "
        "cutlery, tray, dish, tumbler, wine, decanter, bottle, doily, doilies, goblet, beaker, carafe, champagne, "
        "cocktail, chopstick, salt, runner, dinner, place setting, tankard, picnic, hamper, tea, porcelain",
    ),
    (
        "Garden",
        "garden, gardening, plant, planter, watering, bird feeder, birdfeeder, birdhouse, bird house, bird table, flower "
        "pot, herb, trowel, hammock, barbecue, beach, windmill, gnome, deckchair, thermometer, potting, seed, shed, "
        "toadstool, spade, outdoor, parasol, wellington, trellis, wind chime, windchime, spinner, bucket, pail, fly swat",
    ),
    (
        "Stationery",
        "notebook, pen, pencil, sketchbook, journal, rubber, calculator, sticker, ruler, folder, diary, book, memo, "
        "calendar, magnet, stamp, chalk, bookmark, clip, sharpener, note, notelet, organiser, planner, badge, letter "
        "rack, mousemat, usb, office, peg, album, tape, writing set, stationery, hole punch, paperweight, scissor, paper",
    ),
    (
        "Wall Art & Clocks",
        "frame, mirror, print, picture, poster, blackboard, chalkboard, tile, plaque, slate, wall, letter, alphabet, image, art, collage",
    ),
    (
        "Storage & Furniture",
        "box, boxes, basket, drawer, cabinet, tin, rack, hook, hanger, shelf, bin, tidy, money bank, trunk, crate, "
        "container, stool, chair, table, cupboard, chest, stand, storage, holder, knob, bench, screen, laundry, coathook, "
        "coathanger, wire, suitcases, cover, mat, fabric",
    ),
    (
        "Decorations",
        "decoration, decorative, decor, hanging, ornament, vase, heart, flower, bird, feather, figurine, angel, dove, "
        "mobile, chime, bell, wreath, artificial, butterfly, butterflies, rose, ball, star, blossom, bunch, posy, tree, "
        "fairy, owl, dec, deco, cherub, rabbit, bunny, hen, duck, cat, dog, chick, spray, bouquet, deer, squirrel, frog, "
        "swan, lily, daisy, berries, leaf, dragonfly, acrylic, crystal, mosaic, peony, shell, monster, felt",
    ),
)

_TAGS: tuple[tuple[str, str], ...] = (
    ("christmas", "christmas, xmas, advent, reindeer, santa, noel, bauble, rudolph, snowflake"),
    ("easter", "easter"),
    ("kids", "childs, children, childrens, kids, baby, girl, boy, toy, spaceboy, dolly girl, circus parade, feltcraft"),
    ("party", "party, birthday, bunting, balloon, wedding"),
    ("retrospot", "retrospot, retro spot, spotty, polkadot, polka dot, spot"),
    ("vintage", "vintage, antique, retro, victorian, edwardian, regency, french, rustic, traditional, english rose, 50's, baroque"),
    ("british", "union jack, london, keep calm, england, british, royal"),
    ("floral", "flower, rose, floral, daisy, blossom, lily, lavender, peony, orchid, botanical, paisley"),
    (
        "animals",
        "cat, dog, bird, owl, rabbit, bunny, hen, chick, butterfly, elephant, horse, duck, frog, bear, dinosaur, woodland",
    ),
    ("hearts", "heart, love, sweetheart"),
    ("stars", "star"),
    ("scented", "scented, scent, incense, vanilla, lavender, perfume"),
    ("glass", "glass, crystal, murano"),
    ("metal", "metal, zinc, enamel, iron, wire, tin, copper, silver, brass, aluminium"),
    ("wood", "wood, wooden, wicker, bamboo, willow"),
    ("ceramic", "ceramic, porcelain, china, stoneware, terracotta"),
    ("textile", "cotton, felt, knitted, fabric, velvet, quilted, silk, woolly, cushion"),
    ("paper", "paper, card, cardboard, wrap"),
    ("set", "set, pack, s/2, s/3, s/4, s/6, pair, kit"),
    ("red", "red, ruby"),
    ("pink", "pink, fuschia"),
    ("blue", "blue, turquoise, navy"),
    ("green", "green, mint, jade"),
    ("white", "white, ivory, cream"),
    ("black", "black, jet"),
    ("purple", "purple, lilac, amethyst"),
    ("gold", "gold, amber, yellow, orange"),
)
_ANY_TAG = "gift"

_LOW_SHARE = 5  # per cent
_HIGHEST_THRESHOLD = 200


@dataclass(frozen=True, slots=True)
class DemoStock:
    """An invented stock level; it is low when `quantity` is below `low_stock_threshold`."""

    quantity: int
    low_stock_threshold: int


def _any_of(words: str) -> re.Pattern[str]:
    choice = "|".join(re.escape(word.strip()) for word in words.split(","))
    return re.compile(rf"(?<![a-z0-9])(?:{choice})(?:e?s)?(?![a-z0-9])")


_CATEGORY_OF = [(category, _any_of(words)) for category, words in _CATEGORIES]
_TAG_OF = [(tag, _any_of(words)) for tag, words in _TAGS]

CATEGORIES = (*dict.fromkeys(category for category, _ in _CATEGORIES), OTHER)


@lru_cache(maxsize=16_384)
def readable(name: str) -> str:
    """A name as a shop would write it: the source shouts, and puts blanks before commas."""
    text = name.replace(" ,", ",")
    return text.capitalize() if text.isupper() else text


def category_of(name: str) -> str:
    """One of CATEGORIES, by the words of the name."""
    text = name.lower()
    return next((category for category, words in _CATEGORY_OF if words.search(text)), OTHER)


def tags_of(name: str) -> list[str]:
    """One to three tags: theme first, then material, then colour."""
    text = name.lower()
    found = [tag for tag, words in _TAG_OF if words.search(text)]
    return found[:MOST_TAGS] or [_ANY_TAG]


def demo_stock(sku: str, units_sold_last_30_days: int) -> DemoStock:
    """About a week's sales as the threshold; two to eight times that in stock, but below it for one SKU in twenty."""
    luck = crc32(sku.encode())
    threshold = min(max(units_sold_last_30_days // 4, 5), _HIGHEST_THRESHOLD)
    spread = luck // 100
    if luck % 100 < _LOW_SHARE:
        return DemoStock(spread % threshold, threshold)
    return DemoStock(2 * threshold + spread % (6 * threshold), threshold)
