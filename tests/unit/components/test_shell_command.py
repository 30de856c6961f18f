"""Commands that are printed to be copied: a name in one is one word, whatever is in it."""

import ast
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from eks_access.shell_command import format_command
from tests.support.checkout import CHECKOUT

HOSTILE = (
    "baton-$(touch pwned)-binding",
    "`id`",
    "a; rm -rf .",
    "it's",
    "--all",
    "-o",
    "a b",
    "a\nb",
    "*",
    "",
    "~root",
    "=ls",
    "a=b",
    "!!",
    "é",
)
_VALUE_OF_AN_OPTION = re.compile(
    r"\b(kubectl|aws|pulumi|eks-access|saml2aws|helm|git|curl) [a-z-]+ .*--[\w-]+[ =]$", re.DOTALL
)


def test_plain_names_are_not_quoted() -> None:
    command = format_command("kubectl delete rolebinding", {"namespace": "web"}, ["view"])
    assert command == "kubectl delete rolebinding --namespace=web -- view"
    assert format_command("pulumi up", {}) == "pulumi up", "nothing to separate"
    assert format_command("x", {}, ["=ls"]) == "x -- '=ls'", "to zsh it is the path of ls"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_one_word_and_no_option(name: str) -> None:
    command = format_command("kubectl delete rolebinding", {"namespace": name}, [name])
    assert shlex.split(command) == ["kubectl", "delete", "rolebinding", f"--namespace={name}", "--", name]


@pytest.mark.parametrize("name", [each for each in HOSTILE if each])
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_passes_it_on_unchanged(shell: str, name: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    command = format_command("printf %s,", {"namespace": name}, [name])
    done = subprocess.run(
        [shell, "-c", command.replace("printf %s,", "printf '%s,' x")], capture_output=True, check=True
    )
    assert done.stdout.decode() == f"x,--namespace={name},--,{name},"


@pytest.mark.parametrize("package", ["components", "probe", "policies", "cli"])
def test_no_other_place_puts_values_into_commands(package: str) -> None:
    found = [
        f"{path}:{text.lineno}"
        for path in Path(CHECKOUT, package).rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text()))
        if isinstance(text, ast.JoinedStr)
        for part in text.values
        if isinstance(part, ast.Constant) and _VALUE_OF_AN_OPTION.search(str(part.value))
    ]
    assert not found, "format_command quotes what it is given"
