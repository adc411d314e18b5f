"""The catalogue as people at head office look through it; what writes it are `partner_api` and `picture_api`."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response

from hq.adapters.web import callers
from hq.adapters.web.desk import Desk, Sent, model_reply, query
from hq.adapters.web.openapi import operation
from hq.adapters.web.replies import Reply
from hq.core.accounts import Right
from hq.core.articles import LISTED, Articles, read_place, words_of
from wire.picture import UPLOAD_LIMIT
from wire.product import Product


class ArticlesQuery(Sent):
    """`words` must all be found in an article; `after` is the `next` of the page before."""

    words: Annotated[str, Field(max_length=120)] = ""
    after: Annotated[str, Field(max_length=202)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = LISTED


class Article(Reply):
    """What a line of the list shows; without an `image` a page draws the `garment` in its colour."""

    product_id: str
    brand: str
    name: dict[str, str]
    category: str
    garment: str
    colour: str
    colour_hex: str
    pattern: str
    image: str | None

    @classmethod
    def of(cls, product: Product) -> "Article":
        return cls(**{name: getattr(product, name) for name in cls.model_fields})


class ArticlesReply(Reply):
    """Those without a picture first, `without` of `count`. A short page with a `next`: look on from there.

    `largest` is the most bytes that a file may have which is sent as a picture.
    """

    articles: tuple[Article, ...]
    next: str | None
    without: int
    count: int
    largest: int

    @classmethod
    def of(cls, found: Articles) -> "ArticlesReply":
        return cls(
            articles=tuple(map(Article.of, found.found)),
            next=None if found.next is None else str(found.next),
            without=found.without,
            count=found.count,
            largest=UPLOAD_LIMIT,
        )


def catalogue_api(desk: Desk) -> Blueprint:
    routes = Blueprint("catalogue_api", __name__, url_prefix="/v1")

    @routes.get("/products")
    @operation("partner", "office", right=Right.CATALOGUE_WRITE, query=ArticlesQuery, reply=ArticlesReply)
    async def products() -> Response:
        await callers.office(desk, Right.CATALOGUE_WRITE)
        asked = query(ArticlesQuery)
        place = read_place(asked.after)
        found = await desk.run(desk.office.catalogue.articles, words_of(asked.words), place, asked.limit)
        return model_reply(ArticlesReply.of(found))

    return routes
