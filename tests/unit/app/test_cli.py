"""The command line: results, lists, and errors in their own form with code 2."""

import sys

import pytest

from il2sim.app import cli, terminal
from il2sim.app import run as app_run
from il2sim.formats.study_file import studies

STUDY = """
title = "A small study"
question = "Does it run?"
model = "body"
population = "adults"
regimen = "aldesleukin 1 MIU/m2 sc daily for 2 days"
days = 3
end_day = 2
[[compare]]
name = "Treg"
endpoint = "peak fold"
evidence = ["E142"]
low = 5
"""


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Run a command; exit code, output and errors come back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run_command(*words):
        monkeypatch.setattr(sys, "argv", ["il2sim", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        captured = capsys.readouterr()
        return left.value.code, captured.out, captured.err

    return run_command


def test_a_users_study_is_run_by_its_path(call, tmp_path):
    (tmp_path / "mine.toml").write_text(STUDY)
    code, out, _ = call("run", "mine.toml", "--subjects", "2", "--out", "here")
    assert code == 0
    assert "memory Treg" in out
    assert "> 5.00 (E142)" in out or "> 5 (E142)" in out
    assert "0 not solved" in out
    assert (tmp_path / "here" / "summary.json").exists()
    code, out, err = call("run", "mine.toml", "--subjects", "2", "--out", "here")
    assert (code, out) == (2, "")
    assert "FolderInUse" in err
    assert "--resume" in err
    code, out, _ = call(
        "run", "mine.toml", "--subjects", "2", "--out", "here", "--resume"
    )
    assert code == 0
    assert "memory Treg" in out


def test_a_stopped_run_says_how_to_go_on(call, tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_text(STUDY)
    monkeypatch.setattr(app_run, "PORTION", 1)
    real = app_run.solve_task

    def stop_at_the_second(task, some, **more):
        if some.start:
            raise KeyboardInterrupt
        return real(task, some, **more)

    monkeypatch.setattr(app_run, "solve_task", stop_at_the_second)
    code, out, err = call("run", "mine.toml", "--subjects", "2", "--out", "here")
    assert code == terminal.STOPPED
    assert "memory Treg" in out
    assert "1 of 2" in err
    assert "--resume" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("run", "daily-low-dose-cancr"), "'daily-low-dose-cancer'"),
        (("run", "none.toml"), "cannot be read"),
        (("run", "high-dose-renal", "--device", "gpu"), "cpu or reference"),
        (("run", "high-dose-renal", "--format", "xls"), "zarr or parquet or csv"),
        (("run", "high-dose-renal", "--subjects", "-3"), "1 to"),
        (("run", "high-dose-renal", "--seed", "-3"), "seed"),
        (("run", "high-dose-renal", "--tolerance", "0"), "tolerance"),
        (("run", "high-dose-renal", "--precision", "half"), "no precision 'half'"),
        (("show", "variant", "aldesleukn"), "'aldesleukin'"),
        (("show", "product", "aldesleukn"), "'aldesleukin'"),
        (("show", "model", "bodi"), "'body'"),
        (("show", "evidence", "E9999"), "E9"),
        (("show", "population", "adult"), "'adults'"),
        (("show", "study", "high-dose"), "'high-dose-renal'"),
        (("show", "studi", "x"), "'study'"),
        (("list", "study"), "'studies'"),
    ],
)
def test_mistakes_are_answered_in_the_house_form(call, words, message, tmp_path):
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert "expected:" in err
    assert "Traceback" not in err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("what", "member"),
    [
        ("studies", "every-third-day-t1d"),
        ("populations", "cgvhd_patients"),
        ("variants", "rezpegaldesleukin"),
        ("products", "aldesleukin"),
        ("models", "body_with_tumor"),
        ("evidence", "E142"),
    ],
)
def test_everything_can_be_listed(call, what, member):
    code, out, _ = call("list", what)
    assert code == 0
    assert member in out


def test_lists_can_be_searched(call):
    _, out, _ = call("list", "evidence", "--find", "Treg Koreth")
    assert "E142" in out
    assert "E009" not in out


@pytest.mark.parametrize(
    ("what", "name", "message"),
    [
        *[("study", name, "regimen = ") for name in studies()],
        ("population", "adults", "assumption: "),
        ("variant", "aldesleukin", "kd_alpha"),
        ("product", "aldesleukin", "iv, sc"),
        ("model", "body", "circulation.renal_clearance"),
        ("evidence", "E142", "Koreth"),
    ],
)
def test_everything_can_be_shown(call, what, name, message):
    code, out, _ = call("show", what, name)
    assert code == 0
    assert message in out


def test_a_users_catalog_is_listed_and_shown(call, tmp_path):
    """Beside the shipped one; of what no catalog has it is refused."""
    (tmp_path / "mine.toml").write_text(
        '[variants.mine]\nlike = "wild-type IL-2"\n'
        'kd_beta_gamma = {value = 8, unit = "nM", source = "own SPR, 2026"}\n'
        '[products."my vial"]\nvariant = "mine"\n'
    )
    own = ("--catalog", "mine.toml")
    for what, name in (("variant", "mine"), ("product", "my vial")):
        code, out, _ = call("list", f"{what}s", *own)
        assert code == 0
        assert name in out
        assert "aldesleukin" in out or "rezpegaldesleukin" in out
        code, out, _ = call("show", what, name, *own)
        assert code == 0
        assert name in out
    _, out, _ = call("show", "variant", "mine", *own)
    assert "derived: 8 times that of wild-type IL-2" in out
    code, out, err = call("list", "models", *own)
    assert (code, out) == (2, "")
    assert "variant or product" in err


OWN = """
[variants.mine]
like = "wild-type IL-2"
kd_beta_gamma = {value = 8, unit = "nM", source = "own SPR, 2026"}

[products.vial]
variant = "mine"
activity = {value = 12, unit = "MIU/mg", assumption = true, why = "as its maker says"}
"""


def test_a_study_gives_a_product_of_a_users_catalog(call, tmp_path):
    """By an option or a key; the folder keeps the file, and its study runs as it is.

    The molecule decides: aldesleukin gives other numbers.
    """
    (tmp_path / "mine.toml").write_text(OWN)
    text = STUDY.replace("aldesleukin", "vial")
    (tmp_path / "study.toml").write_text(text)
    code, _, err = call("run", "study.toml", "--subjects", "2", "--out", "none")
    assert code == 2
    assert "'vial'" in err
    words = ("--subjects", "2", "--out")
    code, *_ = call("run", "study.toml", "--catalog", "mine.toml", *words, "here")
    assert code == 0
    assert (tmp_path / "here" / "catalog.toml").read_text() == OWN
    named = text.replace("days = 3", 'days = 3\ncatalog_file = "mine.toml"')
    (tmp_path / "named.toml").write_text(named)
    code, *_ = call("run", "named.toml", *words, "there")
    assert code == 0
    again = ("run", "here/study.toml", "--out", "again")
    code, *_ = call(*again)
    assert code == 0
    tables = [
        (tmp_path / one / "endpoints.csv").read_bytes()
        for one in ("here", "there", "again")
    ]
    assert len(set(tables)) == 1
    code, out, _ = call("replay", "here", "1")
    assert code == 0
    assert "are equal" in out
    (tmp_path / "wild.toml").write_text(STUDY)
    call("run", "wild.toml", *words, "wild")
    assert (tmp_path / "wild" / "endpoints.csv").read_bytes() not in tables
    code, _, err = call("run", "wild.toml", "--catalog", "none.toml", *words, "no")
    assert code == 2
    assert "the catalog 'none.toml' cannot be read" in err


def test_the_text_of_a_study_is_shown_with_its_comments(call):
    _, out, _ = call("show", "study", "colorectal-vaccine")
    assert "# ASSUMPTION" in out


PROTOCOL = """
[protocol]
rules = ["skip if lymphocytes < 5000 cell/uL"]
"""


def test_a_study_with_a_protocol_leaves_its_decisions(call, tmp_path, monkeypatch):
    """Who was skipped stands in a table, a line and the endpoints; it replays."""
    begin, rows = STUDY.split("[[compare]]")
    (tmp_path / "mine.toml").write_text(f"{begin}{PROTOCOL}[[compare]]{rows}")
    monkeypatch.setattr(app_run, "_draw", lambda *_: None)  # the page has its own
    code, out, _ = call("run", "mine.toml", "--subjects", "2", "--out", "here")
    assert code == 0
    assert "skip in 2" in out
    table = (tmp_path / "here" / "decisions.csv").read_text().splitlines()
    assert table[0].startswith("subject,time [h],decision,rule,quantity,value,unit")
    assert len(table) == 1 + 2 * 2
    assert "doses given" in (tmp_path / "here" / "endpoints.csv").read_text()
    assert call("replay", "here", "1")[0] == 0
    code, out, _ = call(
        "run", "mine.toml", "--subjects", "2", "--out", "here", "--resume"
    )
    assert "skip in 2" in out


def test_lint_names_what_is_wrong(call, tmp_path):
    """Errors end with code 1, a sound protocol with 0, another file with 2."""
    assert call("lint", "high-dose-melanoma")[:2] == (0, "0 errors, 0 warnings\n")
    (tmp_path / "mine.toml").write_text(
        'title = "t"\nmeaning = "m"\nmodel = "body"\npopulation = "adults"\n'
        'days = 7\nregimen = "aldesleukin 1 MIU sc daily, 5 doses"\n'
        'sources = ["E142"]\nvisits = ["day 8"]\n'
        'rules = ["skip if lymphocites < 5 cell/uL"]\n'
    )
    code, out, _ = call("lint", "mine.toml")
    assert code == 1
    assert "error: a rule looks at" in out
    assert "expected: 'lymphocytes'" in out
    assert "warning: a visit lies outside the study." in out
    assert "1 errors, 1 warnings" in out
    assert call("lint", "nothing.toml")[0] == 2


def test_protocols_are_listed_and_shown(call):
    code, out, _ = call("list", "protocols", "--find", "melanoma")
    assert code == 0
    assert "high-dose-melanoma" in out
    code, out, _ = call("show", "protocol", "high-dose-melanoma")
    assert code == 0
    assert "skip if systolic pressure < 80 mmHg" in out
    assert "source: E250" in out
