"""What `make test` runs, and how lists of commands are run."""

import sys

from dev import verbs
from dev.settings import ROOT

FOLDERS = ROOT / "tests"


def part(name, code):
    return verbs.Part(name=name, command=(sys.executable, "-c", code))


def test_what_is_marked_for_both_servers_also_runs_with_daphne():
    parts = [part for part in verbs.tests() if "both_servers" in part.command]

    folders = [folder for part in parts for folder in part.command if folder.startswith("tests/")]
    assert folders == ["tests/integration", "tests/faults", "tests/e2e"]
    assert all(part.extra == {"SERVER": "daphne"} for part in parts)


def test_whoever_wants_everything_also_comes_through_nginx(monkeypatch):
    monkeypatch.delenv("CI_FULL", raising=False)
    usual = list(verbs.tests())
    monkeypatch.setenv("CI_FULL", "1")
    (through,) = (part for part in verbs.tests() if part.extra == {"GATEWAY": "nginx"})

    assert "tests/e2e" in through.command
    assert not any("GATEWAY" in part.extra for part in usual)


def test_every_folder_of_tests_is_run_once_with_the_usual_server():
    parts = [part for part in verbs.tests() if not part.extra]

    run = [name for part in parts for name in part.command if name.startswith("tests/")]
    there = {f"tests/{path.relative_to(FOLDERS).parts[0]}" for path in FOLDERS.rglob("test_*.py")}
    # What one part leaves out is another part.
    ignored = {
        name.removeprefix("--ignore=")
        for part in parts
        for name in part.command
        if name.startswith("--ignore=")
    }
    assert sorted({*run} - ignored) == sorted(there)
    assert len(run) == len({*run})
    assert ignored <= {*run}


def test_those_that_run_at_the_same_time_are_shown_one_behind_the_other(tmp_path, capfd):
    ring = {"ann": "bob", "bob": "cleo", "cleo": "ann"}
    parts = [part(name, meet(tmp_path, name, other)) for name, other in ring.items()]

    status = verbs.run_all(parts, at_once=3)

    shown = capfd.readouterr().out
    assert status == 0
    for name in ring:
        assert f"── {name}\n{name} is here\n{name} met the other\n" in shown


def meet(folder, name, other):
    """Return a program that ends only if the other one runs at the same time."""
    return f"""if True:
        import pathlib, time
        print("{name} is here", flush=True)
        pathlib.Path({str(folder / name)!r}).touch()
        while not pathlib.Path({str(folder / other)!r}).exists():
            time.sleep(0.01)
        print("{name} met the other")
    """


def test_whoever_has_ended_a_part_takes_the_next(tmp_path, capfd):
    last = tmp_path / "last"
    long = part("long", meet(tmp_path, "long", "last"))
    short = [part(name, f"print('{name} is through')") for name in ("one", "two")]

    status = verbs.run_all([long, *short, part("last", touch(last))], at_once=2)

    shown = [line.split()[-1] for line in capfd.readouterr().out.splitlines() if " s  " in line]
    assert (status, shown) == (0, ["long", "one", "two", "last"])


def touch(path):
    return f"import pathlib; pathlib.Path({str(path)!r}).touch()"


def test_one_part_that_fails_fails_all_and_hides_none(capfd):
    bad = part("bad", "raise SystemExit(3)")
    good, other = part("good", "print('here')"), part("other", "print('here')")

    alone = verbs.run_all([bad, good])
    at_once = verbs.run_all([good, bad, other], at_once=2)

    text = capfd.readouterr().out
    assert (alone, at_once, text.count("here")) == (1, 1, 3)
    assert [line.split()[0] for line in text.splitlines() if " s  " in line] == [
        *("FAILED", "ok"),
        *("ok", "FAILED", "ok"),
    ]
