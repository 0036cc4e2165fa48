"""The page in a browser: what a user sees is what the Python API gives.

Driven by Playwright in the Chromium of the system (scripts/chromium installs it).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from il2sim.app.run import Options, run_study
from il2sim.app.serve.answers import QUICK
from il2sim.engine import store
from il2sim.figures.arms import ARM_COLORS
from il2sim.figures.attribution import PROCESSES
from il2sim.figures.style import COLORS, SIGNALS
from il2sim.formats.study_file import as_toml, read_study, study_of
from il2sim.study.simulate import simulate
from tests.unit.app.serve.local import STUDY, wait
from tests.unit.app.serve.test_contrast import contrast

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: scripts/chromium installs Debian's"
)

QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
]
VIEWS = ("courses", "response", "plane", "receptors", "shares", "compare", "runs")
STUDY_6 = study_of(STUDY)


LIGHTER = """
import contextlib, functools
from il2sim.app import cli
from il2sim.app.serve import server
from il2sim.app.serve.limits import Limits
limits = Limits(background_subjects=60)
server.Settings = functools.partial(server.Settings, limits=limits)
server.warming = lambda is_ready: contextlib.nullcontext()
cli.main()
"""
"""The command, with fewer subjects in refinements and nothing compiled beforehand.

A page that was closed leaves its refinement to be finished, of up to 1,000 subjects for
months, and the next page waits for its turn.
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server as a user starts it; its address and its folder of runs."""
    runs = tmp_path_factory.mktemp("served") / "runs"
    command = [sys.executable, "-c", LIGHTER, "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--runs", str(runs)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = re.search(r"http://\S+", process.stdout.readline())[0]
    yield address, runs
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@contextmanager
def opened_page(browser, server, folder):
    """The page with a small study opened; complaints of the browser are failures."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    complaints = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text))
    opened.set_default_timeout(120_000)
    opened.goto(server[0])
    opened.wait_for_selector(".chart .main-svg")
    open_study(opened, STUDY, folder)
    yield opened
    opened.close()
    # Plotly brings a style sheet for maps, which are not used; the policy stops it.
    # What the server refuses is told by the page itself.
    known = ("Applying inline style", "Failed to load resource")
    assert not [line for line in complaints if not line.startswith(known)]


@pytest.fixture
def page(browser, server, tmp_path):
    with opened_page(browser, server, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def same_page(browser, server, tmp_path_factory):
    """For tests that leave it as they found it."""
    with opened_page(browser, server, tmp_path_factory.mktemp("same")) as opened:
        yield opened


def open_study(page, tables, folder):
    file = Path(folder) / "small.toml"
    file.write_text(as_toml(study_of(tables)), encoding="utf-8")
    page.set_input_files("#upload", file)
    refined(page)


def refined(page):
    """Wait for the answer with all subjects of the study."""
    page.wait_for_function(
        "() => /refined/.test(document.querySelector('#progress').textContent)"
    )


def drawn(page, name):
    """The median that a chart shows."""
    return page.evaluate(
        """(name) => {
          const card = [...document.querySelectorAll('.card')]
            .find((one) => one.querySelector('h3').textContent === name);
          const traces = card.querySelector('.chart').data;
          return traces.find((one) => one.name === 'median').y;
        }""",
        name,
    )


def is_tenth(response):
    """Whether a reply answers a tenth of the dose."""
    if not response.url.endswith("/api/answers"):
        return False
    return response.request.post_data_json["scenario"]["dose"] == 0.1


def medians(study, n, name, **how):
    """The same by the Python API, at every time that is recorded."""
    run = simulate(
        study.find_model(),
        study.parsed_regimen(),
        study.find_population(n),
        times=study.times(),
        factors=study.factors,
        **how,
    )
    return run[name].fold().median()


def test_a_moved_slider_shows_the_numbers_of_the_python_api(page):
    """By keyboard, to a tenth of the dose; first quick, then refined, to the bit."""
    page.click("text=every recorded time")
    study = medians(STUDY_6, 6, "memory Treg", tolerance=STUDY["tolerance"]).tolist()
    wait(lambda: drawn(page, "memory Treg") == study, 30)
    page.focus("#slider-dose")
    with page.expect_response("**/api/answers") as quick:
        page.keyboard.press("ArrowLeft")
    assert 8 <= quick.value.json()["subjects"] <= 100
    for _ in range(18):
        page.keyboard.press("ArrowLeft")
    with page.expect_response(is_tenth) as last:
        page.keyboard.press("ArrowLeft")
    followed = last.value.json()["subjects"]
    assert "÷ 10" in page.text_content("#value-dose")
    tenth = study_of({**STUDY, "regimen": STUDY["regimen"].replace("1 MIU", "0.1 MIU")})
    rough = medians(tenth, followed, "memory Treg", **QUICK).tolist()
    fine = medians(tenth, 6, "memory Treg", tolerance=STUDY["tolerance"]).tolist()
    wait(lambda: drawn(page, "memory Treg") in (rough, fine), 30)
    refined(page)
    wait(lambda: drawn(page, "memory Treg") == fine, 30)
    assert study != fine


def test_a_tenth_of_the_dose_daily_beside_the_study(browser, server):
    """The question of a new user, in four clicks from the first page."""
    began = time.monotonic()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(server[0])
    page.select_option("#study", "high-dose-melanoma")
    page.click("#add")
    page.click("[aria-label='Dose: ÷10']")
    page.click("[aria-label='Interval: daily']")
    page.click("#tab-compare")
    cell = page.locator("tbody tr").first.locator("td").nth(1)
    playwright.expect(cell).to_contain_text(
        "60 kIU/kg iv over 15 min, daily, 14 doses", timeout=60_000
    )
    page.wait_for_function(
        "() => document.querySelectorAll('tbody td').length > 40 && "
        "/B: [0-9]+ subjects/.test(document.querySelector('#progress').textContent)"
    )
    assert time.monotonic() - began < 60
    page.close()


@pytest.mark.slow  # test_routes.py has the same without a browser
def test_a_run_is_stopped_and_goes_on(page, server, tmp_path):
    """From the page; the folder ends with what the command line makes of its file."""
    long = {**STUDY, "subjects": 3000, "title": "A long study", "question": "How long?"}
    file = tmp_path / "long.toml"
    file.write_text(as_toml(study_of(long)), encoding="utf-8")
    page.set_input_files("#upload", file)
    playwright.expect(page.locator("#question")).to_have_text("How long?")
    page.click("#run")
    card = page.locator("[data-run^='a-long-study']")
    playwright.expect(card).to_have_attribute("data-state", "running", timeout=30_000)
    wait(lambda: int(card.locator("progress").get_attribute("value")) > 0)
    card.get_by_role("button", name="Stop").click()
    playwright.expect(card).to_have_attribute("data-state", "stopped", timeout=60_000)
    assert int(card.locator("progress").get_attribute("value")) < 3000
    card.get_by_role("button", name="Go on").click()
    playwright.expect(card).to_have_attribute("data-state", "done", timeout=240_000)

    with page.expect_download() as download:
        page.click("#download")
    mine = tmp_path / "mine.toml"
    download.value.save_as(mine)
    again = run_study(read_study(mine), "mine", Options(out=tmp_path / "again"))
    folder = server[1] / card.get_attribute("data-run")
    from_page = store.read(folder)
    assert np.array_equal(from_page.values, again.trajectories.values)
    assert (folder / "endpoints.csv").read_bytes() == (
        again.folder / "endpoints.csv"
    ).read_bytes()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_view_fits_and_stays_in_place(page, width, tmp_path):
    """No view is wider than the window; a moved slider moves nothing else."""
    page.set_viewport_size({"width": width, "height": 900})
    for view in VIEWS:
        page.click(f"#tab-{view}")
        if view != "runs":
            page.wait_for_selector("#panel .main-svg, #panel table")
        page.screenshot(path=tmp_path / f"{view}-{width}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, view
    page.click("#tab-courses")
    page.wait_for_selector("#panel .main-svg")
    refined(page)
    places = "() => [...document.querySelectorAll('.card')].map((one) => one.offsetTop)"
    before = page.evaluate(places)
    with page.expect_response("**/api/answers"):
        page.focus("#slider-dose")
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert page.evaluate(places) == before


SHIFTS = """
  window.shifts = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.shifts += one.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
STILL = 0.01
"""Part of the window that may move, by the share of its height that it moves by."""


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps(browser, server, width):
    """While the page fills itself, a slider moves, and a mistake is told."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(60_000)
    page.add_init_script(SHIFTS)
    page.goto(server[0])
    page.wait_for_selector(".chart .main-svg")
    page.wait_for_function(
        "() => /refin/.test(document.querySelector('#progress').textContent)"
    )
    page.focus("#slider-dose")
    for _ in range(3):
        with page.expect_response("**/api/answers"):
            page.keyboard.press("ArrowLeft")
        page.wait_for_timeout(100)
    text = page.input_value("#regimen").replace("aldesleukin", "rhIL-2")
    page.fill("#regimen", text)  # whose IU per mg are not known
    playwright.expect(page.locator("#problem")).to_be_visible()
    page.wait_for_timeout(200)
    assert page.evaluate("window.shifts") < STILL
    if width == 390:
        playwright.expect(page.locator("#readout")).to_contain_text("Treg")
    page.close()


def axis(page, name):
    """The title of an axis of the first chart."""
    read = f"document.querySelector('.chart').layout?.{name}.title.text"
    return page.evaluate(read)


def test_doses_in_different_units_share_no_axis(page):
    """One prescription in MIU, another in ug: compared by factors of their doses."""
    page.click("#tab-response")
    wait(lambda: axis(page, "xaxis") == "dose [MIU/m²], of the first course", 30)
    page.click("#add")
    page.select_option("#study", "continuous-infusion")
    wait(lambda: axis(page, "xaxis") == "factor of the prescribed dose [1]", 30)


def test_an_edited_prescription_has_no_verdict(same_page):
    """It is not what was published; with the first text the verdict comes back."""
    page = same_page
    chip = page.locator(".chip", has_text="E142").first
    playwright.expect(chip).to_have_class(re.compile("agrees|differs"))
    page.fill("#regimen", STUDY["regimen"].replace("1 MIU", "2 MIU"))
    playwright.expect(chip).to_have_class(re.compile("open"))
    playwright.expect(page.locator("#regimen-note")).to_contain_text("4 doses")
    page.fill("#regimen", STUDY["regimen"])
    playwright.expect(chip).to_have_class(re.compile("agrees|differs"))


def test_rules_are_read_and_obeyed(page):
    """What is not understood is told below; what is, is in the study file."""
    page.click("#protocol summary")
    page.fill("#rules", "skip if lymphocites fold < 0.9")
    note = page.locator("#rules-note")
    playwright.expect(note).to_contain_text("does not show")
    with page.expect_response("**/api/answers") as answer:
        page.fill("#rules", "skip if lymphocytes fold < 0.9")
    study = answer.value.request.post_data_json["scenario"]["study"]
    assert study["protocol"] == {"rules": ["skip if lymphocytes fold < 0.9"]}
    assert study["published_for"] == STUDY["regimen"]
    playwright.expect(note).to_have_text("")


def test_another_product_leaves_cells_as_they_are(page):
    """Of cells and IL-2 only the IL-2 becomes another one, chosen however soon."""
    page.evaluate("""() => [["study", "til-melanoma"], ["product", "rhIL-2"]].forEach(
      ([id, value]) => {
        const field = document.getElementById(id);
        field.value = value;
        field.dispatchEvent(new Event("change"));
      })""")
    playwright.expect(page.locator("#regimen")).to_have_value(
        re.compile(r"^5e10 TIL iv.* plus rhIL-2 720 kIU/kg")
    )


def test_lines_are_seen_on_both_grounds(same_page):
    """Every color of the figures, 3 to 1 on light and on dark paper (WCAG 1.4.11)."""
    page = same_page
    read = """async (colors) => {
      const { onGround, ground } = await import('/static/theme.js');
      return [ground().paper, ...colors.map(onGround)];
    }"""
    colors = [*COLORS.values(), *SIGNALS.values(), *ARM_COLORS, *PROCESSES.values()]
    for _ in range(2):
        paper, *lines = page.evaluate(read, colors)
        assert min(contrast(one, paper) for one in lines) >= 2.99
        page.click("#theme")


def test_mistakes_are_told_where_they_are_made(page):
    """A prescription that is not understood keeps the last answer and says why."""
    before = drawn(page, "CD8")
    page.fill("#regimen", "aldesleukin 1 MIU/m2 sc dayly for 4 days")
    note = page.locator("#regimen-note")
    playwright.expect(note).to_contain_text("not understood")
    playwright.expect(page.locator("#regimen")).to_have_attribute(
        "aria-invalid", "true"
    )
    assert drawn(page, "CD8") == before
    page.fill("#regimen", STUDY["regimen"])
    playwright.expect(note).to_contain_text("4 doses")


def test_every_control_has_a_name_and_sources_are_one_click_away(same_page):
    """As a screen reader hears it; and the dialog of a source can be closed by keys."""
    page = same_page
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, textarea, a')]
          .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.title
            || one.labels?.length)).map((one) => one.outerHTML)"""
    )
    assert not unnamed
    page.locator(".chip", has_text="E142").first.click()
    playwright.expect(page.locator("#sources")).to_contain_text("Koreth 2016")
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#sources")).to_be_hidden()


def test_dark_and_light(page):
    """The toggle changes the ground, and the page remembers it."""
    color = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(color)
    page.click("#theme")
    dark = page.evaluate(color)
    assert light != dark
    page.reload()
    page.wait_for_selector(".chart .main-svg")
    assert page.evaluate(color) == dark
    page.click("#theme")
