"""`il2sim screen`: molecules of options, tables and the catalog; what it writes."""

import csv

import pytest
from typer.testing import CliRunner

from il2sim.app.candidates import candidate_of, candidates_of, read_candidates
from il2sim.app.cli import app
from il2sim.app.screen import notes_of, screened
from il2sim.app.screen_command import _named
from il2sim.errors import BadProblem, BadVariant, FolderInUse, UnreadableFile
from il2sim.models.fusions import SCALE
from il2sim.molecules import variant
from il2sim.molecules.variant import NO_BINDING_NM

HEAD = "name,kd_alpha_nM,kd_betagamma_nM,valency,scale\n"
HEAD_KON = "name,kd_alpha_nM,kd_betagamma_nM,kon_betagamma_per_M_s\n"
UNKNOWN = (UnreadableFile, "(?s)not known.*'valncy'.*expected: 'valency'")


def test_a_screening_fills_a_folder(tmp_path):
    """Three molecules: a table with intervals, curves of four cells, four pictures."""
    (tmp_path / "mine.csv").write_text(HEAD + "mine,100,1,2,unfused\n")
    out = tmp_path / "out"
    words = ["screen", str(tmp_path / "mine.csv"), "--variant", "aldesleukin"]
    words += ["--kd-alpha", "10", "--kd-betagamma", "5", "--draws", "2"]
    done = CliRunner().invoke(app, [*words, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "mine" in done.output
    with (out / "molecules.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["wild-type IL-2", "mine", "10, 5 nM x1"]
    low, middle, high = (
        float(rows[0][f"NK/Treg [1] {part}"]) for part in ("q05", "fitted", "q95")
    )
    assert 40 < low <= middle <= high < 160  # 71 and 159 on two plates
    assert [row["fit"] for row in rows] == ["plate", "panel", "plate"]
    with (out / "responses.csv").open(encoding="utf-8") as file:
        assert len(file.readlines()) == 1 + 3 * 4 * 22
    for name in ("responses", "selectivity"):
        assert (out / f"{name}.png").stat().st_size > 10_000
        assert (out / f"{name}.svg").exists()


def test_molecules_of_options_are_all_combinations():
    """Two by one by two, on the scale that was named."""
    made = candidates_of([1.0, 10.0], [5.0], [1.0, 2.0])
    assert [(one.kd_alpha_nM, one.arms) for one in made] == [
        *((1.0, 1.0), (1.0, 2.0), (10.0, 1.0), (10.0, 2.0))
    ]
    (fused,) = candidates_of([1.0], [5.0], [1.0], scale="fused")
    assert (made[0].scale, fused.scale) == ("unfused IL-2", SCALE)


def test_a_molecule_of_the_catalog_keeps_its_scale():
    """Affinities and the rate on the sensor are those of the catalog, in our units."""
    one = candidate_of(variant("N88D C-term Fc"))
    assert (one.kd_alpha_nM, one.kd_beta_gamma_nM) == (1.01, 24.0166)
    assert one.scale == SCALE
    assert one.kon_beta_gamma == pytest.approx(0.01782)
    with pytest.raises(BadVariant, match="not known well enough to screen"):
        candidate_of(variant("rezpegaldesleukin"))


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("name,kd\nmine,1\n", UnreadableFile, "column that is not known"),
        (HEAD + "mine,1,much,1,unfused\n", UnreadableFile, "no number under"),
        (HEAD + "mine,1,1,1,spr\n", BadVariant, "line 2.*scale of affinities"),
        (HEAD.replace("valency", "valncy") + "mine,1,1,2,\n", *UNKNOWN),
        (HEAD.replace(",", ";"), UnreadableFile, "column that is not known"),
        (HEAD.replace("scale", "valency"), UnreadableFile, "twice"),
        ("name,kd_alpha_nM\nmine,1\n", UnreadableFile, "missing"),
        (HEAD, UnreadableFile, "a heading alone"),
        ("", UnreadableFile, "nothing"),
        (HEAD + "mine,1,5,1,,1\n", UnreadableFile, "line 2, has more cells"),
        (HEAD + "mine,1,1\n\n ,1,1\n", UnreadableFile, "line 4, has no name"),
        (HEAD + "mine,1,1\nmine ,1,2\n", UnreadableFile, "line 3, .* taken"),
        (HEAD + "mine,1,1,1.5\n", BadProblem, "(?s)'mine'.*1.5 live arms.*whole"),
        (HEAD + "mine,-1,1\n", BadProblem, "(?s)'mine'.*CD25 of -1 nM.*above zero"),
        (HEAD_KON + "mine,1,1,0\n", BadProblem, "(?s)'mine'.*a rate of 0"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(tmp_path, text, error, match):
    """Headings, cells, names, numbers and scales that are not those of a molecule."""
    path = tmp_path / "mine.csv"
    path.write_text(text)
    with pytest.raises(error, match=match) as caught:
        read_candidates(path)
    assert "  try:      " in str(caught.value)


def test_a_table_that_is_missing_says_how_one_begins(tmp_path):
    """The table that the line makes is read."""
    with pytest.raises(UnreadableFile, match="no file") as caught:
        read_candidates(tmp_path / "mine.csv")
    text = str(caught.value).split("printf '")[1].split("'")[0]
    (tmp_path / "mine.csv").write_text(text.replace("\\n", "\n"))
    assert [one.name for one in read_candidates(tmp_path / "mine.csv")] == ["mine"]


def test_a_table_of_a_spreadsheet_is_read(tmp_path):
    """With a byte order mark, line ends of Windows, blanks, and cells left out."""
    path = tmp_path / "mine.csv"
    path.write_bytes(
        b"\xef\xbb\xbfname, kd_alpha_nM,kd_betagamma_nM,valency,scale\r\n"
        b"mine, 12,3,2,unfused\r\n\r\nother,1,1\r\n"
    )
    one, two = read_candidates(path)
    assert (one.name, one.kd_alpha_nM, one.kd_beta_gamma_nM, one.arms) == (
        *("mine", 12.0, 3.0, 2.0),
    )
    assert (two.name, two.arms, two.scale) == ("other", 1.0, "unfused IL-2")
    assert two.kon_beta_gamma is None


@pytest.mark.parametrize(
    ("words", "match"),
    [
        ("", "nothing is to be screened"),
        ("--kd-alpha x --kd-betagamma 1", "numbers of --kd-alpha cannot be read"),
        ("--kd-alpha 1", "--kd-betagamma is missing"),
        ("--kd-betagamma 1", "--kd-alpha is missing"),
        ("--kd-alpha 1 --kd-betagamma 1 --valency 1.5", "1.5 live arms"),
        ("--kd-alpha 1 --kd-betagamma 1 --time 0", "cannot be read at this time"),
        ("--kd-alpha 1 --kd-betagamma 1 --draws 500", "--draws 128"),
        ("--variant aldesleukin --valency 2", "--valency changes nothing here"),
        ("--variant aldesleukin --scale fused", "--scale changes nothing here"),
        ("--kd-alpha 1 --kd-betagamma 1 --catalog a.toml", "--catalog changes nothing"),
    ],
)
def test_a_line_that_cannot_be_screened_is_answered(words, match, tmp_path):
    """Options that are missing, are no numbers, or would not be heeded."""
    done = CliRunner().invoke(app, ["screen", *words.split(), "--out", str(tmp_path)])
    assert isinstance(done.exception, BadProblem)
    assert match in str(done.exception)
    assert "  try:      " in str(done.exception)
    assert not list(tmp_path.iterdir())


def test_a_file_is_no_folder_to_fill(tmp_path):
    """Said before anything is screened, and not by an option of other commands."""
    path = tmp_path / "taken.csv"
    path.write_text("mine")
    words = ["screen", "--variant", "aldesleukin", "--out", str(path)]
    done = CliRunner().invoke(app, words)
    assert isinstance(done.exception, FolderInUse)
    assert "which is a file" in str(done.exception)
    assert "--resume" not in str(done.exception)
    assert path.read_text() == "mine"


def test_a_molecule_of_ones_own_is_ten_lines(tmp_path):
    """A catalog of the user's, each number with a source or marked, is screened."""
    path = tmp_path / "mine.toml"
    path.write_text(
        "[variants.mine]\n"
        'like = "wild-type IL-2"\n'
        'format = "PEG conjugate"\n'
        'kd_alpha = {value = 95, unit = "nM", source = "own SPR, 2026"}\n'
        'kd_beta_gamma = {value = 4, unit = "nM", assumption = true, why = "alike"}\n'
        'valency = {value = 2, unit = "1", source = "own SPR, 2026"}\n'
    )
    (one,) = _named(["mine"], path)
    assert (one.kd_alpha_nM, one.kd_beta_gamma_nM, one.arms) == (95.0, 4.0, 2.0)
    assert one.kon_beta_gamma == pytest.approx(0.0024)


def test_molecules_of_two_fits_come_back_in_their_order():
    """Each is as if screened alone, and progress ends with all and both wild types."""
    one, two = candidates_of([10.0], [1.0], [1.0, 2.0])
    told = []
    found = screened([two, one], progress=lambda n, of: told.append((n, of)))
    assert found.candidates == (two, one)
    for i, candidate in enumerate(found.candidates):
        alone = screened([candidate])
        assert (alone.halves[0] == found.halves[i]).all()
        assert (alone.responses[:, 0] == found.responses[:, i]).all()
    assert told[-1] == (4, 4)


def test_what_a_prediction_stands_on_is_said():
    """The fits, molecules brought to another scale, and times that no fit has seen."""
    one, two = candidates_of([10.0], [1.0], [1.0, 2.0])
    assert notes_of([one], 1.0) == [
        "plate: unfused IL-2 with one arm, by the fit to the plate of blood cells."
    ]
    said = " ".join(notes_of([one, two], 8.0))
    for words in ("panel: Fc fusions", "by their ratio", "within a fit", "8 h is out"):
        assert words in said
    fused = candidate_of(variant("N88D C-term Fc"))
    assert len(notes_of([fused], 1.0)) == 1


def test_what_passes_cd25_by_is_screened(tmp_path):
    """Neo-2/15 by its ratio to the wild type, and the word in a table and an option.

    Without a CD25 site Treg are no more sensitive than NK.
    """
    neo = candidate_of(variant("Neo-2/15"))
    assert neo.kd_alpha_nM == NO_BINDING_NM
    assert neo.kd_beta_gamma_nM == pytest.approx(19 / 193)
    assert "Neo-2/15: brought to the scale" in " ".join(notes_of([neo], 1.0))
    path = tmp_path / "mine.csv"
    path.write_text(HEAD + "mine,none,1,1,unfused\n")
    [mine] = read_candidates(path)
    assert mine.kd_alpha_nM == NO_BINDING_NM
    words = ["screen", str(path), "--kd-alpha", "none", "--kd-betagamma", "1"]
    words += ["--variant", "Neo-2/15", "--variant", "IL-2v", "--draws", "0"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    with (tmp_path / "molecules.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kd_alpha_nM"] for row in rows] == ["none"] * 4
    assert rows[-1]["name"] == "none, 1 nM x1"
    for row in rows:
        assert float(row["NK/Treg [1] fitted"]) < 1.2


def test_rates_of_a_table_are_used_or_said_not_to_be(tmp_path):
    """By column, in the units of its name; the plate takes capture as settled."""
    path = tmp_path / "mine.csv"
    path.write_text(
        "name,kd_alpha_nM,kd_betagamma_nM,kon_alpha_per_M_s,koff_trimer_per_s\n"
        "mine,10,1,1e6,1e-3\n"
    )
    [one] = read_candidates(path)
    assert one.kon_alpha == pytest.approx(0.06)
    assert one.koff_trimer == pytest.approx(0.06)
    assert "mine: kon_alpha is not used on the plate." in notes_of([one], 1)
    said = " ".join(notes_of([one] * 7, 1))
    assert "mine; 2 more: kon_alpha is not used on the plate." in said


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("THOR-707", "no kd_beta_gamma"),
        ("rezpegaldesleukin", "no kd_alpha, kd_beta_gamma"),
        ("IL-2 V69A Q74P", "no kd_alpha, kd_beta_gamma"),
    ],
)
def test_a_molecule_that_cannot_be_screened_says_what_is_absent(name, absent):
    """And gives the lines in which a user tells it."""
    with pytest.raises(BadVariant, match=absent) as error:
        candidate_of(variant(name))
    assert f'like = "{name}"' in str(error.value)
    assert "il2sim screen --catalog" in str(error.value)


def test_dead_arms_of_a_users_molecule_are_screened(tmp_path):
    """`cd25_arms` of TOML is the column of a table; the panel knows dead arms."""
    path = tmp_path / "mine.toml"
    path.write_text(
        '[variants.mine]\nlike = "WT C-term Fc"\n'
        'cd25_arms = {value = 1, unit = "1", source = "own, 2026"}\n'
    )
    [one] = _named(["mine"], path)
    assert (one.arms, one.cd25_arms) == (1.0, 1.0)
    assert notes_of([one], 1.0)[0].startswith("panel")


def test_a_scale_without_its_wild_type_is_asked_for(tmp_path):
    """Affinities that nothing ties to a fit are not screened."""
    path = tmp_path / "mine.toml"
    lines = (
        "[variants.mine]\n"
        'scale = "own SPR"\n'
        'kd_alpha = {value = 2, unit = "nM", source = "own"}\n'
        'kd_beta_gamma = {value = 8, unit = "nM", source = "own"}\n'
    )
    path.write_text(lines)
    with pytest.raises(BadVariant, match="scale 'own SPR'"):
        list(_named(["mine"], path))
    wild = lines.replace(".mine]", ".wild]").replace("8", "2")
    path.write_text(lines + 'wild_type = "wild"\n' + wild)
    [one] = _named(["mine"], path)
    assert (one.kd_alpha_nM, one.kd_beta_gamma_nM) == (10.0, 4.0)
    assert one.scale == "unfused IL-2"
