"""What a page has to be in a real browser, on a phone and in the dark too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browser import Browser

PHONE, DESK = 360, 1200
LEAST_CONTRAST = 4.5
"""For text, by WCAG 2.2, 1.4.3."""

# The contrast of each text with what it stands on, the smallest first: [ratio, text].
CONTRASTS = """
(() => {
  const parts = (colour) => {
    const found = colour.match(/^rgb\\((\\d+), (\\d+), (\\d+)\\)$/);
    return found ? found.slice(1).map(Number) : null;
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => one / 255)
      .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const box = element.namespaceURI.endsWith("svg") && element.parentNode.querySelector(":scope > rect");
    if (box) return parts(getComputedStyle(box).fill);
    for (let one = element; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!own || element.closest("svg") && element.localName !== "text") continue;
    const style = getComputedStyle(element);
    const colour = parts(element.localName === "text" ? style.fill : style.color);
    if (!colour) { found.push([0, `${element.localName}: ${style.color}`]); continue; }
    const [low, high] = [light(colour), light(ground(element))].sort((one, other) => one - other);
    found.push([(high + 0.05) / (low + 0.05), `${element.localName}: ${element.textContent.slice(0, 40)}`]);
  }
  return found.sort((one, other) => one[0] - other[0]);
})()
"""
# What can be reached by keys, in the order of the document.
REACHABLE = """
window.reachable = [...document.querySelectorAll("a[href], summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility());
window.reachable.length
"""
FOCUSED = "window.reachable.indexOf(document.activeElement)"
OUTLINED = """
(() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.querySelector("rect");
  return style.outlineStyle !== "none" || box !== null && parseFloat(getComputedStyle(box).strokeWidth) >= 4;
})()
"""


def assert_silent(events: list[dict[str, Any]], page: Path) -> None:
    """It asked for nothing but itself, and nothing was refused or went wrong."""
    asked = [
        one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"
    ]
    assert asked == [page.as_uri()]
    told = ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")
    assert [one["params"] for one in events if one["method"] in told] == []


def assert_fits(browser: Browser, width: int) -> None:
    """Nothing makes the page wider than the screen."""
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("innerWidth") <= width


def assert_readable(browser: Browser) -> None:
    contrasts = browser.evaluate(CONTRASTS)
    assert len(contrasts) > 10
    assert contrasts[0][0] >= LEAST_CONTRAST, contrasts[:5]


def assert_reachable(browser: Browser) -> None:
    """Tab goes to every link, summary and region that scrolls, in their order, and each shows it."""
    count = browser.evaluate(REACHABLE)
    assert count > 3
    for number in range(count):
        browser.press_tab()
        assert browser.evaluate(FOCUSED) == number
        assert browser.evaluate(OUTLINED) is True


def assert_usable(browser: Browser, page: Path) -> None:
    """All of it, bright and dark, on a phone and on a desk."""
    grounds = []
    for dark in (False, True):
        browser.look(width=PHONE, dark=dark)
        browser.open(page)
        assert_fits(browser, PHONE)
        assert_readable(browser)
        grounds.append(browser.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
    assert grounds[0] != grounds[1]
    browser.look(width=DESK, dark=False)
    browser.open(page)
    assert_fits(browser, DESK)
    assert_reachable(browser)
    assert_silent(browser.events, page)
