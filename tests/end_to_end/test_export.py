"""A key writes the run on the screen into the current folder."""


def test_a_key_exports_what_is_on_the_screen(start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    t = start("--seed", "0", "--epochs", "300", "--name", "mine")
    t.until("completed")
    t.press("D")
    t.until("Export as")
    t.press(*"nonsense", "enter")
    t.until("a format is needed: html, csv")
    t.press(*["\x7f"] * 8, *"csv", "enter")
    t.until(r"written: mine\.csv")
    lines = (tmp_path / "mine.csv").read_text().splitlines()
    assert (len(lines), lines[0]) == (301, "branch,epoch,loss,accuracy")
