"""The page for people, in a headless Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asapp_conversations_emulator import Emulator
from asapp_conversations_emulator.store import Store
from documented import CONVERSATION, SUCCESS, fitting_id

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not (CHROMIUM and DRIVER):
    pytest.skip("no chromium with its chromedriver is installed", allow_module_level=True)

HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"

Batch = Callable[..., dict[str, Any]]
PathOf = Callable[..., str]


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1400,860"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    with webdriver.Chrome(options, service) as running:
        yield running


class Page:
    """What a person sees and does."""

    def __init__(self, browser: WebDriver, server: Emulator) -> None:
        self.browser = browser
        browser.get(f"{server.url}/_emulator")

    def shows(self, selector: str, *texts: str) -> None:
        """Wait until the elements there have these texts, in order."""
        WebDriverWait(self.browser, 20).until(
            lambda _: self.texts(selector) == list(texts), f"{selector}: {self.texts(selector)}"
        )

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
        return list(self.browser.execute_script(script, selector))

    def click(self, selector: str) -> None:
        WebDriverWait(self.browser, 20).until(
            lambda browser: browser.find_element("css selector", selector).is_enabled()
        )
        self.browser.find_element("css selector", selector).click()

    def press(self, *keys: str) -> None:
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()


@pytest.fixture
def page(browser: WebDriver, server: Emulator) -> Page:
    return Page(browser, server)


def test_conversation_is_a_chat(
    page: Page, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """A conversation's messages are shown as they were sent, and those that come are added."""
    client.post(path(), json=batch("Hello", HOSTILE))
    page.click(f"[data-id='{CONVERSATION}']")
    page.shows("#chat .message.agent p", "Hello", HOSTILE)
    client.post(path(), json=batch("Bye\nbye"))
    page.shows("#chat p", "Hello", HOSTILE, "Bye\nbye")


def test_texts_never_become_markup(
    page: Page, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """Markup in texts, paths and senders is shown, not run; nothing is loaded from elsewhere."""
    hostile = batch(HOSTILE)
    hostile["messages"][0]["sender"]["externalId"] = HOSTILE
    client.post(path(), json=hostile)
    client.post(f"/{HOSTILE}")
    page.click(f"[data-id='{CONVERSATION}']")
    page.shows("#chat p", HOSTILE)
    assert page.browser.title == "Conversations API emulator"
    assert page.texts("#chat img, #chat script, #requests img") == []
    assert page.browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_ten_thousand_conversations(
    browser: WebDriver, start: Callable[..., Emulator], tmp_path: Path
) -> None:
    """Of many conversations a page is shown; the others are found by paging and by id."""
    store = Store(tmp_path / "held.db")
    for number in range(10_000):
        store.add(f"C{number:05}", [{"text": str(number)}])
    store.close()
    page = Page(browser, start(store=tmp_path / "held.db"))
    page.shows("#range", "1 to 50")
    assert len(page.texts("#list li")) == 50
    page.click("#older")
    page.shows("#range", "51 to 100")
    assert page.texts("#list .id")[0] == "C09949"
    page.press("/")
    page.press("00987")
    page.shows("#list .id", "C00987")


def test_requests_have_their_outcome(
    page: Page, client: httpx.Client, server: Emulator, path: PathOf, batch: Batch
) -> None:
    """Requests are listed, the latest first, and can be narrowed to what was not stored."""
    client.post(path(), json=batch("one"))
    server.fail_next("503,html")
    client.post(path(), json=batch("two"))
    page.shows("#requests td:nth-child(3)", "503", str(SUCCESS))
    page.shows("#requests td:nth-child(5)", "503,html", "")
    page.click("#failed")
    page.shows("#requests td:nth-child(3)", "503")


def test_faults_are_turned_on_and_off(page: Page, client: httpx.Client) -> None:
    """Faults are turned on, of a share, set for the next requests, and turned off."""
    page.click("[data-fault=reset]")
    page.shows("[aria-pressed=true]", "reset")
    page.click("#fault")
    page.press("500,empty", Keys.ENTER)
    page.shows("[aria-pressed=true]", "reset", "500,empty")
    plan = client.get("/_emulator/faults").json()
    assert (plan["faults"], plan["share"]) == (["reset", "500,empty"], 0.2)
    page.click("#next-id")
    page.press(CONVERSATION, Keys.ENTER)
    page.shows("#said", f"Set for the next 1\N{NO-BREAK SPACE}request of {CONVERSATION}: 503")
    page.click("#off")
    page.shows("[aria-pressed=true]")
    page.click("#fault")
    page.press("explode", Keys.ENTER)
    page.shows(
        "#said.bad", client.put("/_emulator/faults", json={"faults": ["explode"]}).json()["error"]
    )


def test_everything_works_by_keyboard(
    page: Page, client: httpx.Client, path: PathOf, batch: Batch
) -> None:
    """Search, list, chat and reset can be reached and used without a mouse."""
    for conversation_id in (CONVERSATION, fitting_id("ABC2")):
        client.post(path(conversation_id), json=batch(conversation_id))
    page.shows("#list .id", fitting_id("ABC2"), CONVERSATION)
    page.press("/", Keys.TAB, Keys.ARROW_DOWN, Keys.ENTER)
    page.shows("#chat p", CONVERSATION)
    page.press(Keys.ARROW_UP, Keys.ENTER)
    page.shows("#chat p", fitting_id("ABC2"))
    page.browser.execute_script("document.getElementById('reset').focus()")
    page.press(Keys.ENTER)
    page.shows("#list li", "Nothing has been sent yet.")


def test_page_says_when_the_emulator_has_ended(browser: WebDriver) -> None:
    """When the emulator has ended, the page says that it gets no answer."""
    with Emulator() as server:
        page = Page(browser, server)
        page.shows("#list li", "Nothing has been sent yet.")
    WebDriverWait(browser, 20).until(
        lambda _: page.texts("#link")[0].startswith("No answer from the emulator")
    )
