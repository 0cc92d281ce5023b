"""The console's pages on a real PostgreSQL, and its stream over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import httpx
import pytest

from deploy.local.servers import Endpoints
from services.console import labels
from services.console.api import make_api
from services.console.live import LiveLimits
from shared.kernel.clock import now
from shared.kernel.reasons import Reason
from shared.observability.door import serve
from tests.support.console_sample import Told, dead_letter, sample, save, season
from tests.support.database import empty_database, schema_of

pytestmark = pytest.mark.servers
SEEN_WITHIN_SECONDS = 1.0
DEADLINE_SECONDS = 10.0


@pytest.fixture
def postgres(servers: Endpoints) -> Iterator[str]:
    """The DSN of an empty database."""
    with empty_database(servers.postgres_superuser_dsn) as dsn:
        yield dsn


@asynccontextmanager
async def pages(pool: asyncpg.Pool) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(make_api(pool, asyncio.Event()))
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        yield client


@asynccontextmanager
async def served(pool: asyncpg.Pool, wake: asyncio.Event, limits: LiveLimits) -> AsyncIterator[httpx.AsyncClient]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = asyncio.Event()
    app = make_api(pool, wake, limits)
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, stop, before_end=app.state.live.close))
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=address, timeout=DEADLINE_SECONDS) as client:
            await answering(client)
            yield client
    finally:
        stop.set()
        await serving


async def answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            with suppress(httpx.TransportError):
                await client.get("/api/summary")
                return


async def fill(pool: asyncpg.Pool, *products: Told) -> None:
    await save(pool, {product.subject: product.state for product in products})


def recorded_ms() -> int:
    return int(now().timestamp() * 1000)


async def test_an_empty_console_shows_that_nothing_has_come_yet(postgres: str) -> None:
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        answer = await client.get("/")

        assert answer.status_code == 200
        assert "Chưa có sản phẩm nào" in answer.text


async def test_the_summary_counts_every_product_once(postgres: str) -> None:
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(pool, *season(24, recorded_ms()))
        await save(pool, dict([dead_letter(1, recorded_ms())]))

        summary = (await client.get("/api/summary")).json()

        assert summary["totals"]["products"] == 24
        assert sum(summary["stages"].values()) == 24
        assert sum(sum(stages.values()) for stages in summary["provinces"].values()) == 24
        assert summary["totals"]["dead_letters"] == 1
        assert set(summary["age_seconds"]) == {"dossiers", "scores", "promotions", "notices", "dead-letters"}


async def test_what_waits_is_shown_with_the_product_and_why(postgres: str) -> None:
    product = sample(1, "Cà phê rang xay", "68", "four", recorded_ms())
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(pool, product)
        empty = (await client.get("/holds")).text
        await pool.executemany(
            "INSERT INTO held (subject, topic, sequence, reason, part, topic_offset, timestamp_ms, headers) "
            "VALUES ($1, $2, $3, $4, 0, 0, 0, '[]')",
            [(product.subject, "ocop.notices.v1", 9, "gap"), ("unheard-of", "ocop.scores.v1", 2, "dead:fault")],
        )

        holds = (await client.get("/holds")).text
        totals = (await client.get("/api/summary")).json()["totals"]

        assert "Không có sự kiện nào đang chờ" in empty
        assert all(words in holds for words in ("Cà phê rang xay", "chờ sự kiện đứng trước", "Chưa biết tên", "./ocop"))
        assert "chờ xử lý bản ghi lỗi" in holds
        assert totals["holds"] == 2


async def test_a_dead_letter_says_why_in_words(postgres: str) -> None:
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await save(pool, dict([dead_letter(1, recorded_ms())]))

        letters = (await client.get("/dead-letters")).text

        assert any(words in letters for words in labels.REASONS.values())
        assert set(labels.REASONS) == set(Reason)


async def test_lists_are_filtered_by_province_status_and_alarm(postgres: str) -> None:
    ms = recorded_ms()
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(
            pool,
            sample(1, "Cà phê một", "68", "four", ms),
            sample(2, "Cà phê hai", "66", "four", ms),
            sample(3, "Cà phê ba", "68", "held", ms),
        )

        by_province = (await client.get("/products?province=68&status=&stage=")).text
        by_status = (await client.get("/products?status=recognised_4")).text
        by_alarm = (await client.get("/products?status=decision_held")).text

        assert [name in by_province for name in ("Cà phê một", "Cà phê hai", "Cà phê ba")] == [True, False, True]
        assert [name in by_status for name in ("Cà phê một", "Cà phê hai", "Cà phê ba")] == [True, True, False]
        assert [name in by_alarm for name in ("Cà phê một", "Cà phê hai", "Cà phê ba")] == [False, False, True]


async def test_lists_are_filtered_by_the_round_that_a_dossier_is_in(postgres: str) -> None:
    ms = recorded_ms()
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(pool, sample(1, "Cà phê một", "68", "seated", ms), sample(2, "Cà phê hai", "68", "four", ms))

        of_round = (await client.get("/products?round=2026-12-29")).text
        of_another = (await client.get("/products?round=2027-06-29")).text
        of_any = (await client.get("/products?round=")).text

        assert [name in of_round for name in ("Cà phê một", "Cà phê hai")] == [True, False]
        assert [name in of_another for name in ("Cà phê một", "Cà phê hai")] == [False, False]
        assert [name in of_any for name in ("Cà phê một", "Cà phê hai")] == [True, True]
        assert '<option value="2026-12-29" selected>đến hết 29/12/2026</option>' in of_round
        assert (await client.get("/products?round=som")).status_code == 400


async def test_long_lists_come_in_pages(postgres: str) -> None:
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(pool, *season(60, recorded_ms()))

        first, second = (await client.get("/products")).text, (await client.get("/products?page=2")).text

        assert (first.count('<th scope="row">'), second.count('<th scope="row">')) == (50, 10)
        assert 'href="/products?page=2" rel="next"' in first


async def test_a_products_page_tells_its_story_and_an_unknown_one_is_said_to_be_unknown(postgres: str) -> None:
    product = sample(1, "Cà phê rang xay", "68", "five", recorded_ms())
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(pool, product)

        known = await client.get(f"/products/{product.subject}")
        unknown = await client.get("/products/01900000-0000-8000-8000-000000000000")

        assert "Công nhận 5 sao" in known.text
        assert "quyết định số 88/QĐ-BNNMT" in known.text
        assert unknown.status_code == 404
        assert "Không có sản phẩm này." in unknown.text


async def test_a_name_is_escaped(postgres: str) -> None:
    product = sample(1, "<script>alert(1)</script>", "68", "filed", recorded_ms())
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        await fill(pool, product)

        answers = [(await client.get(path)).text for path in ("/products", f"/products/{product.subject}")]

        assert all("<script>alert" not in answer and "&lt;script&gt;alert" in answer for answer in answers)


async def test_wrong_addresses_are_answered_in_both_languages(postgres: str) -> None:
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        for path in ("/products?page=0", "/products?status=secret", "/products/7", "/products?province=x"):
            answer = await client.get(path)

            assert answer.status_code == 400
            assert "Địa chỉ không đúng." in answer.text
            assert "The address is wrong." in answer.text


async def test_every_answer_forbids_foreign_content_and_keeping(postgres: str) -> None:
    async with schema_of("console", postgres) as pool, pages(pool) as client:
        for path in ("/", "/products", "/api/summary", "/static/console.css", "/nowhere"):
            headers = (await client.get(path)).headers

            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"


async def test_an_open_page_hears_of_a_change_within_a_second(postgres: str) -> None:
    async with (
        schema_of("console", postgres) as pool,
        served(pool, asyncio.Event(), LiveLimits()) as client,
        client.stream("GET", "/events") as stream,
    ):
        lines = stream.aiter_lines()
        await _until(lines, "<b>0</b>")
        await fill(pool, sample(1, "Cà phê rang xay", "68", "filed", recorded_ms()))

        async with asyncio.timeout(SEEN_WITHIN_SECONDS):
            await _until(lines, "Sản phẩm</span><b>1</b>")


async def test_a_silent_stream_gives_signs_of_life(postgres: str) -> None:
    async with (
        schema_of("console", postgres) as pool,
        served(pool, asyncio.Event(), LiveLimits(silence_seconds_max=0.1)) as client,
        client.stream("GET", "/events") as stream,
        asyncio.timeout(DEADLINE_SECONDS),
    ):
        await _until(stream.aiter_lines(), ": still here")


async def test_more_watchers_than_the_limit_are_turned_away_in_words(postgres: str) -> None:
    async with (
        schema_of("console", postgres) as pool,
        served(pool, asyncio.Event(), LiveLimits(listeners_max=1)) as client,
        client.stream("GET", "/events") as stream,
    ):
        await _until(stream.aiter_lines(), "event: overview")

        turned_away = await client.get("/events")

        assert turned_away.status_code == 503
        assert "Quá nhiều người xem cùng lúc." in turned_away.text


async def test_a_taken_port_is_told_and_not_waited_for(postgres: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with schema_of("console", postgres) as pool:
            app = make_api(pool, asyncio.Event())

            with pytest.raises(OSError, match="in use"):
                await serve(app, "127.0.0.1", port, asyncio.Event())


async def _until(lines: AsyncIterator[str], wanted: str) -> None:
    async for line in lines:
        if wanted in line:
            return
    raise AssertionError(f"the stream ended without {wanted!r}")
