# ruff: noqa: E501 - a table: one row a model
"""The range of the demo's shop: models, brands and colours. Knows what a shop would print on a swing ticket, no more.

A model in one colour is one product, as a shopper would call it. Every brand is invented.
"""

from dataclasses import dataclass
from typing import Final

# Colour family (the pages' English key) -> the cloth itself. Two browns of one family would look the same on a card,
# so each family has one shade.
COLOURS: Final = {
    "black": "#2b2a2c",
    "white": "#f6f3ec",
    "ecru": "#efe6d2",
    "grey": "#8d8f91",
    "charcoal": "#46484c",
    "navy": "#24324f",
    "blue": "#3b6ea5",
    "light-blue": "#a9c6de",
    "denim": "#46658c",
    "teal": "#23686c",
    "green": "#3f7052",
    "olive": "#6b6a3a",
    "sage": "#9aa888",
    "camel": "#bf9157",
    "beige": "#d8c3a1",
    "brown": "#6d4a34",
    "cognac": "#9d5b2d",
    "rust": "#b0532c",
    "red": "#b03036",
    "burgundy": "#6e2436",
    "rose": "#d9a0a0",
    "lilac": "#a795c2",
    "mustard": "#c9962f",
}

SIZES: Final = {
    "women": ("34", "36", "38", "40", "42", "44"),
    "men": ("46", "48", "50", "52", "54", "56"),
    "letters": ("XS", "S", "M", "L", "XL"),
    "waist": ("30", "31", "32", "33", "34", "36"),
    "women's feet": ("36", "37", "38", "39", "40", "41"),
    "men's feet": ("41", "42", "43", "44", "45", "46"),
    "one": ("one",),
}


@dataclass(frozen=True, slots=True)
class Model:
    """One cut; `scale` names its sizes in `SIZES`, `area` the shelves it lies on."""

    key: str
    category: str
    garment: str
    brand: str
    name_de: str
    name_en: str
    price_cents: int
    scale: str
    area: str
    colours: tuple[str, ...]
    pattern: str = "plain"


def _model(  # noqa: PLR0917 - the columns of the table below
    category: str,
    name_de: str,
    name_en: str,
    brand: str,
    price_cents: int,
    scale: str,
    area: str,
    colours: str,
    pattern: str = "plain",
    garment: str = "",
) -> Model:
    key = f"{category}-{name_en.split(' ', 1)[0].lower()}"
    palette = tuple(colours.split())
    return Model(
        key, category, garment or category, brand, name_de, name_en, price_cents, scale, area, palette, pattern
    )


# fmt: off
MODELS: Final = (
    _model("coat", "Wollmantel Lene", "Lene wool coat", "Halm & Hede", 34900, "women", "W", "camel navy black ecru"),
    _model("coat", "Wickelmantel Tuva", "Tuva wrap coat", "Birkmoor", 29900, "women", "W", "grey burgundy camel"),
    _model("coat", "Fischgratmantel Runa", "Runa herringbone coat", "Ostwind Atelier", 39900, "women", "W", "charcoal brown", "herringbone"),
    _model("coat", "Trenchcoat Elin", "Elin trench coat", "Tidewell", 24900, "women", "W", "beige navy olive"),
    _model("coat", "Caban Mats", "Mats pea coat", "Halm & Hede", 32900, "men", "M", "navy charcoal camel"),
    _model("coat", "Karomantel Ruben", "Ruben checked coat", "Marlow Finke", 41900, "men", "M", "brown grey", "check"),
    _model("coat", "Steppmantel Pia", "Pia quilted coat", "Werft Neun", 21900, "women", "W", "olive black rose", garment="parka"),
    _model("jacket", "Feldjacke Jule", "Jule field jacket", "Werft Neun", 15900, "women", "W", "olive beige navy"),
    _model("jacket", "Jeansjacke Kim", "Kim denim jacket", "Werft Neun", 11900, "letters", "M", "denim black ecru", "denim"),
    _model("jacket", "Bikerjacke Zora", "Zora biker jacket", "Corvina Rae", 28900, "women", "W", "black cognac"),
    _model("jacket", "Parka Nils", "Nils parka", "Birkmoor", 25900, "men", "M", "olive navy black", garment="parka"),
    _model("jacket", "Hemdjacke Oke", "Oke overshirt", "Tidewell", 12900, "men", "M", "rust charcoal sage"),
    _model("blazer", "Blazer Ada", "Ada blazer", "Alma Brunn", 18900, "women", "W", "navy black camel"),
    _model("blazer", "Karoblazer Romy", "Romy checked blazer", "Marlow Finke", 21900, "women", "W", "grey brown", "check"),
    _model("blazer", "Sakko Henrik", "Henrik jacket", "Marlow Finke", 24900, "men", "M", "navy charcoal blue"),
    _model("dress", "Strickkleid Wanda", "Wanda knitted dress", "Nordhafer", 14900, "women", "W", "burgundy charcoal ecru", "knit"),
    _model("dress", "Hemdblusenkleid Ines", "Ines shirt dress", "Alma Brunn", 12900, "women", "W", "light-blue sage navy"),
    _model("dress", "Wickelkleid Mila", "Mila wrap dress", "Lune Ardoise", 13900, "women", "W", "teal rust lilac", "floral"),
    _model("dress", "Etuikleid Greta", "Greta sheath dress", "Lune Ardoise", 16900, "women", "W", "black red"),
    _model("dress", "Punktekleid Fee", "Fee dotted dress", "Alma Brunn", 11900, "women", "W", "navy rose", "dots"),
    _model("skirt", "Plisseerock Ava", "Ava pleated skirt", "Lune Ardoise", 8900, "women", "W", "sage black rust"),
    _model("skirt", "Wollrock Thea", "Thea wool skirt", "Ostwind Atelier", 9900, "women", "W", "charcoal camel", "herringbone"),
    _model("skirt", "Jeansrock Lou", "Lou denim skirt", "Werft Neun", 6900, "women", "W", "denim black", "denim"),
    _model("blouse", "Seidenbluse Noor", "Noor silk blouse", "Lune Ardoise", 11900, "women", "W", "ecru rose teal"),
    _model("blouse", "Bundbluse Ella", "Ella blouse", "Alma Brunn", 7900, "women", "W", "white light-blue lilac"),
    _model("blouse", "Streifenbluse Maren", "Maren striped blouse", "Tidewell", 8900, "women", "W", "blue green", "stripe"),
    _model("shirt", "Oxfordhemd Emil", "Emil Oxford shirt", "Tidewell", 7900, "letters", "M", "white light-blue rose"),
    _model("shirt", "Flanellhemd Arne", "Arne flannel shirt", "Birkmoor", 8900, "letters", "M", "red green navy", "check"),
    _model("shirt", "Leinenhemd Caspar", "Caspar linen shirt", "Sandrohr", 9900, "letters", "M", "white sage blue"),
    _model("shirt", "Streifenhemd Levin", "Levin striped shirt", "Marlow Finke", 8500, "letters", "M", "blue grey", "stripe"),
    _model("t-shirt", "Ringelshirt Kaya", "Kaya striped tee", "Sandrohr", 3900, "letters", "W", "navy red", "stripe"),
    _model("t-shirt", "T-Shirt Bo", "Bo tee", "Sandrohr", 2900, "letters", "M", "white black olive navy"),
    _model("t-shirt", "Rippshirt Liv", "Liv ribbed tee", "Nordhafer", 3500, "letters", "W", "ecru rust sage"),
    _model("sweater", "Lambswoolpulli Sven", "Sven lambswool sweater", "Nordhafer", 9900, "letters", "M", "navy grey mustard"),
    _model("sweater", "Rollkragen Mette", "Mette roll-neck", "Nordhafer", 10900, "letters", "W", "ecru black burgundy", "knit"),
    _model("sweater", "Kaschmirpulli Iris", "Iris cashmere sweater", "Halm & Hede", 19900, "letters", "W", "camel rose grey"),
    _model("sweater", "Zopfpulli Finja", "Finja cable sweater", "Birkmoor", 12900, "letters", "W", "ecru teal", "knit"),
    _model("sweater", "Hoodie Joon", "Joon hoodie", "Werft Neun", 7900, "letters", "M", "grey navy green", garment="hoodie"),
    _model("cardigan", "Strickjacke Alva", "Alva cardigan", "Nordhafer", 11900, "letters", "W", "beige sage charcoal", "knit"),
    _model("cardigan", "Wollcardigan Piet", "Piet wool cardigan", "Halm & Hede", 13900, "letters", "M", "navy brown"),
    _model("jeans", "Jeans Nika straight", "Nika straight jeans", "Werft Neun", 8900, "waist", "W", "denim black light-blue", "denim"),
    _model("jeans", "Jeans Taro slim", "Taro slim jeans", "Werft Neun", 8900, "waist", "M", "denim navy grey", "denim"),
    _model("jeans", "Jeans Wim weit", "Wim wide jeans", "Corvina Rae", 9900, "waist", "W", "denim ecru", "denim"),
    _model("trousers", "Wollhose Clara", "Clara wool trousers", "Ostwind Atelier", 13900, "women", "W", "charcoal navy camel"),
    _model("trousers", "Chino Anton", "Anton chinos", "Tidewell", 7900, "men", "M", "beige navy olive"),
    _model("trousers", "Nadelstreifenhose Vera", "Vera pinstripe trousers", "Alma Brunn", 12900, "women", "W", "navy charcoal", "pinstripe"),
    _model("trousers", "Cordhose Jasper", "Jasper cord trousers", "Birkmoor", 9900, "men", "M", "brown rust green"),
    _model("shoes", "Loafer Dina", "Dina loafers", "Ponte Salice", 12900, "women's feet", "S", "black cognac burgundy"),
    _model("shoes", "Derby Oskar", "Oskar derbies", "Ponte Salice", 15900, "men's feet", "S", "black brown cognac"),
    _model("shoes", "Ballerina Mimi", "Mimi ballerinas", "Ponte Salice", 9900, "women's feet", "S", "rose navy beige"),
    _model("boots", "Chelsea Boots Edda", "Edda Chelsea boots", "Ponte Salice", 17900, "women's feet", "S", "black cognac"),
    _model("boots", "Schnürboots Knut", "Knut lace-up boots", "Birkmoor", 18900, "men's feet", "S", "brown black"),
    _model("sneakers", "Sneaker Milo", "Milo sneakers", "Sandrohr", 10900, "men's feet", "S", "white navy sage"),
    _model("sneakers", "Sneaker Yuki", "Yuki sneakers", "Sandrohr", 10900, "women's feet", "S", "white rose light-blue"),
    _model("bag", "Shopper Cleo", "Cleo tote", "Corvina Rae", 14900, "one", "S", "cognac black olive"),
    _model("bag", "Umhängetasche Nele", "Nele shoulder bag", "Corvina Rae", 11900, "one", "S", "burgundy camel navy"),
    _model("scarf", "Wollschal Bror", "Bror wool scarf", "Halm & Hede", 5900, "one", "W", "camel grey green red", "knit"),
    _model("scarf", "Karoschal Finn", "Finn checked scarf", "Birkmoor", 4900, "one", "M", "red navy mustard", "check"),
    _model("hat", "Beanie Ole", "Ole beanie", "Nordhafer", 2900, "one", "M", "mustard navy grey charcoal", "knit"),
    _model("hat", "Wollhut Selma", "Selma wool hat", "Ostwind Atelier", 6900, "one", "W", "camel black burgundy"),
    _model("shirt", "Piquépolo Tjark", "Tjark polo shirt", "Sandrohr", 5900, "letters", "M", "navy white green burgundy"),
    _model("sweater", "Troyer Jonte", "Jonte half-zip", "Tidewell", 11900, "letters", "M", "navy charcoal camel"),
    _model("trousers", "Shorts Lasse", "Lasse shorts", "Sandrohr", 5900, "men", "M", "beige navy olive", garment="shorts"),
    _model("trousers", "Culotte Smilla", "Smilla culottes", "Alma Brunn", 9900, "women", "W", "black sage rust"),
    _model("skirt", "Satinrock Enya", "Enya satin skirt", "Lune Ardoise", 9900, "women", "W", "teal camel black"),
    _model("cardigan", "Grobstrick Ylva", "Ylva chunky cardigan", "Birkmoor", 14900, "letters", "W", "ecru rust grey", "knit"),
    _model("boots", "Stiefeletten Ronja", "Ronja ankle boots", "Ponte Salice", 16900, "women's feet", "S", "black cognac burgundy"),
    _model("jacket", "Blouson Timo", "Timo blouson", "Marlow Finke", 17900, "men", "M", "navy olive cognac"),
    _model("coat", "Kimonomantel Aiko", "Aiko kimono coat", "Ostwind Atelier", 89900, "women", "W", "teal burgundy", "floral"),
    _model("dress", "Abendkleid Stella", "Stella evening dress", "Lune Ardoise", 74900, "women", "W", "green black"),
    _model("jacket", "Lammfelljacke Bela", "Bela shearling jacket", "Corvina Rae", 119900, "women", "W", "cognac brown"),
    _model("bag", "Reisetasche Gil", "Gil weekender", "Corvina Rae", 48900, "one", "S", "cognac navy"),
)
# fmt: on

# One or two pieces exist in the whole country: on a public screen they would point at the one who looked at them.
RARE: Final = frozenset({"coat-aiko", "dress-stella", "jacket-bela", "bag-gil"})
