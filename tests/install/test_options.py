"""What the command takes, what it says that it takes, and what the man page and the shells say: all the same."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tree import ROOT, Installed, run

MOTE = ROOT / "build/linux/mote"
VALUES = {"N": "5", "S": "5", "TIME": "5m"}  # others take any word here


def table() -> dict[str, str | None]:
    """Option: what stands behind it. One that is there to be refused is left out."""
    rows = re.findall(r'^    \{"([a-z-]+)", (?:\'.\'|0), ([A-Z]+), .*, (?:"([^"]*)"|NULL)\},$',
                      (ROOT / "examples/mote/conf/options.c").read_text(), re.M)
    assert len(rows) > 40
    return {name: value or None for name, kind, value in rows if kind != "PASSWORD"}


def verbs() -> list[str]:
    return re.findall(r'^    \{"([a-z]+)", VERB_', (ROOT / "examples/mote/help.c").read_text(), re.M)


def help_of(*verb: str) -> str:
    done = run(MOTE, *verb, "-h")
    assert done.returncode == 0
    return done.stdout


def taken(verb: str | None) -> set[str]:
    """By trying: an option is read before the -h behind it."""
    found = set()
    for name, value in table().items():
        words = [f"--{name}"] + ([] if value is None else [VALUES.get(value, "x")])
        done = run(MOTE, *([] if verb is None else [verb]), *words, "-h")
        refusals = ("this verb does not take the option", "this option comes behind its verb")
        if not any(refusal in done.stdout for refusal in refusals):
            assert done.returncode == 0, f"{verb} {words}: {done.stdout}"
            found.add(name)
    return found


@pytest.fixture(scope="module")
def takes() -> dict[str, set[str]]:
    """Of each verb its own options; under "" those of every verb."""
    everywhere = taken(None)
    return {"": everywhere} | {verb: taken(verb) - everywhere for verb in verbs()}


def dashed(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--([a-z][a-z-]*[a-z])", text))


def test_help_tells_each_option_and_no_other(takes: dict[str, set[str]]) -> None:
    options = table()
    for verb, own in takes.items():
        text = help_of(*([verb] if verb else []))
        listed = dashed(text) - (takes[""] if verb else set())
        assert listed == own - {"verbose", "quiet"}, f"mote {verb} -h"  # told by their letters
        for name in own:
            if options[name] is not None:
                assert f"--{name} {options[name]}" in text, f"mote {verb} -h calls the value of --{name} otherwise"


def test_the_man_page_tells_each_option_and_no_other(takes: dict[str, set[str]]) -> None:
    page = (ROOT / "docs/mote.1").read_text().replace("\\-", "-").replace("\\fR", "")
    # Three are told by their letters; --now is systemctl's.
    assert dashed(page) - {"now"} == set(table()) - {"help", "verbose", "quiet"}
    sections = dict(re.findall(r"^\.SS ([a-z]+).*?\n(.*?)(?=^\.S[SH])", page, re.M | re.S))
    assert set(sections) == set(verbs())
    for verb, text in sections.items():
        tagged = dashed("\n".join(re.findall(r"^\.TP\n(.*)$", text, re.M)))
        assert tagged <= takes[verb], f"{verb}: {tagged - takes[verb]}"
    options = page[page.index(".SH OPTIONS"):page.index('.SH "EXIT STATUS"')]
    assert takes[""] - {"help", "verbose", "quiet"} <= dashed(options)
    for letter in "vqhc":
        assert f"-{letter}" in options


def bash_offers(script: Path, *words: str) -> set[str]:
    ask = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mote; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", ask, script, "mote", *words], capture_output=True, text=True, cwd=script.parent)
    assert done.returncode == 0 and done.stderr == "", done
    return set(done.stdout.split())


def test_bash_offers_what_the_command_takes(installed: Installed, takes: dict[str, set[str]]) -> None:
    script = installed.usr / "share/bash-completion/completions/mote"
    for verb, own in takes.items():
        offered = bash_offers(script, *([verb] if verb else []), "--")
        assert offered == {f"--{name}" for name in own | takes[""]}, verb
    assert bash_offers(script, "") >= set(verbs())
    assert bash_offers(script, "--config", "send", "qu") == {"queue"}  # a file may be called send
    assert bash_offers(script, "queue", "") >= {"list", "retry", "drop"}
    assert bash_offers(script, "--tls", "") == {"direct", "starttls"}
    assert bash_offers(script, "put", "mo") == {"mote"} == bash_offers(script, "--ca", "mo")
    assert bash_offers(script, "send", "--timeout", "") == set()


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not there")
def test_fish_offers_what_the_command_takes(installed: Installed, takes: dict[str, set[str]], tmp_path: Path) -> None:
    script = installed.usr / "share/fish/vendor_completions.d/mote.fish"
    for verb, own in takes.items():
        done = run("fish", "--no-config", "-c", f"source {script}; complete -C 'mote {verb} --'", HOME=str(tmp_path))
        offered = {line.split("\t")[0].rstrip("=") for line in done.stdout.splitlines()}
        assert offered == {f"--{name}" for name in own | takes[""]}, verb
    done = run("fish", "--no-config", "-c", f"source {script}; complete -C 'mote '", HOME=str(tmp_path))
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == set(verbs())


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not there")
def test_zsh_offers_what_the_command_takes(installed: Installed, takes: dict[str, set[str]], tmp_path: Path) -> None:
    """Its machinery needs a terminal: what it is told is looked at."""
    script = installed.usr / "share/zsh/site-functions/_mote"
    for verb, own in takes.items():
        told = ("_arguments() { state=argument; "
                "[[ ${argv[(r)*argument*]} == *-\\>argument ]] && { words=(" + verb + "); return }; "
                "print -rl -- $@ }; _describe() { print -rl -- $verbs }; ")
        if not verb:
            told = "_arguments() { state=verb; print -rl -- $@ }; _describe() { print -rl -- $verbs }; "
        done = run("zsh", "-f", "-c", f"{told} source {script}", HOME=str(tmp_path))
        offered = dashed(re.sub(r"\(-\w --[a-z-]+\)", "", done.stdout))
        assert offered == own | takes[""], f"{verb}: {done.stdout}"
        if not verb:
            assert set(re.findall(r"^([a-z]+):", done.stdout, re.M)) == set(verbs())
